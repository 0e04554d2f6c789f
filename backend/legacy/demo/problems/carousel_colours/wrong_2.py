horses = input()
circle = horses * 2
longest = length = 1
for i in range(1, len(circle)):
    if circle[i] == circle[i - 1]:
        length += 1
    else:
        length = 1
    longest = max(longest, length)
print(longest)
