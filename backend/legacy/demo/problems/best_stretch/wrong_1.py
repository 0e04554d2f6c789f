n, q = map(int, input().split())
earnings = list(map(int, input().split()))
for _ in range(q):
    kind, a, b = map(int, input().split())
    if kind == 1:
        earnings[a - 1] = b
    else:
        best = running = 0
        for p in earnings[a - 1 : b]:
            running = max(0, running + p)
            best = max(best, running)
        print(best)
