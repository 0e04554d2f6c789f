key = input()
plain = ""
for i, character in enumerate(input()):
    if character.isalpha():
        base = ord("a") if character.islower() else ord("A")
        character = chr((ord(character) - base - int(key[i % len(key)])) % 26 + base)
    plain += character
print(plain)
