horses = input()
longest = length = 1
for i in range(1, len(horses)):
    length = length + 1 if horses[i] == horses[i - 1] else 1
    longest = max(longest, length)
print(longest)
