from heapq import heappop, heappush

n, m, c = map(int, input().split())
edges = [[] for _ in range(n + 1)]
for i in range(m + c):
    a, b, t = map(int, input().split())
    edges[a].append((b, t))
    if i < m:
        edges[b].append((a, t))
best = {}
heap = [(0, 1)]
while heap:
    time, village = heappop(heap)
    if village in best:
        continue
    best[village] = time
    for b, t in edges[village]:
        heappush(heap, (time + t, b))
print(best.get(n, -1))
