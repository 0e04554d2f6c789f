horses = input()
longest = length = 0
previous = ""
for colour in horses * 2:
    length = length + 1 if colour == previous else 1
    longest = max(longest, length)
    previous = colour
print(min(longest, len(horses)))
