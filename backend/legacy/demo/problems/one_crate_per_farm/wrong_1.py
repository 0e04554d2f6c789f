g, limit = map(int, input().split())
best = [0] * (limit + 1)
for _ in range(g):
    _, *numbers = map(int, input().split())
    for weight, value in zip(numbers[::2], numbers[1::2]):
        for x in range(limit, weight - 1, -1):
            best[x] = max(best[x], best[x - weight] + value)
print(best[limit], best.index(best[limit]))
