from heapq import heappop, heappush

n, m, c = map(int, input().split())
trails = [[] for _ in range(n + 1)]
cables = [[] for _ in range(n + 1)]
for _ in range(m):
    a, b, t = map(int, input().split())
    trails[a].append((b, t))
    trails[b].append((a, t))
for _ in range(c):
    a, b, t = map(int, input().split())
    cables[a].append((b, t))
best = {}
heap = [(0, 1, False)]
while heap:
    time, village, used = heappop(heap)
    if village in best:
        continue
    best[village] = time
    for b, t in trails[village]:
        heappush(heap, (time + t, b, used))
    if not used:
        for b, t in cables[village]:
            heappush(heap, (time + t, b, True))
print(best.get(n, -1))
