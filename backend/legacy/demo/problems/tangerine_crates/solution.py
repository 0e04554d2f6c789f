n = int(input())
crates = []
for number in range(1, n + 1):
    sweetness, weight = map(int, input().split())
    crates.append((-sweetness, weight, number))
crates.sort()
print(*(number for _, _, number in crates))
