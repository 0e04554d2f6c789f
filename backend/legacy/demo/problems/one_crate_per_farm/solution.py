g, limit = map(int, input().split())
best = [0] * (limit + 1)
for _ in range(g):
    _, *numbers = map(int, input().split())
    crates = list(zip(numbers[::2], numbers[1::2]))
    before = best[:]
    for weight, value in crates:
        for x in range(weight, limit + 1):
            if before[x - weight] + value > best[x]:
                best[x] = before[x - weight] + value
print(best[limit], best.index(best[limit]))
