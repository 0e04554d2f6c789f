key = input()
used = 0
plain = []
for character in input():
    if character.isalpha():
        base = ord("a") if character.islower() else ord("A")
        shift = int(key[used % len(key)])
        character = chr((ord(character) - base - shift) % 26 + base)
        used += 1
    plain.append(character)
print("".join(plain))
