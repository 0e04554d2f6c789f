input()
wagons = list(map(int, input().split()))
swaps = 0
for i in range(len(wagons) - 1):
    if wagons[i] > wagons[i + 1]:
        wagons[i], wagons[i + 1] = wagons[i + 1], wagons[i]
        swaps += 1
print(3 * swaps)
