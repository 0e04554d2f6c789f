n, m = map(int, input().split())
time = [list(map(int, input().split())) for _ in range(n + 1)]
required = [0] * n
for _ in range(m):
    a, b = map(int, input().split())
    required[b - 1] |= 1 << (a - 1)
best = [{} for _ in range(1 << n)]
best[0][0] = 0
for visited in range(1 << n):
    for position, spent in best[visited].items():
        for shop in range(n):
            bit = 1 << shop
            if visited & bit or required[shop] & ~visited:
                continue
            arrival = spent + time[position][shop + 1]
            following = best[visited | bit]
            if arrival < following.get(shop + 1, arrival + 1):
                following[shop + 1] = arrival
print(min((spent + time[position][0] for position, spent in best[-1].items()), default=-1))
