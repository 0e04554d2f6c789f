key = input()
used = 0
plain = ""
for character in input():
    if character.isalpha():
        character = chr(ord(character) - int(key[used % len(key)]))
        used += 1
    plain += character
print(plain)
