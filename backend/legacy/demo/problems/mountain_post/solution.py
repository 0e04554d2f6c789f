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


def least_time():
    best = {}
    heap = [(0, 1, 0)]
    while heap:
        time, village, used = heappop(heap)
        if village == n:
            return time
        if (village, used) in best:
            continue
        best[village, used] = time
        for b, t in trails[village]:
            heappush(heap, (time + t, b, used))
        if not used:
            for b, t in cables[village]:
                heappush(heap, (time + t, b, 1))
    return -1


print(least_time())
