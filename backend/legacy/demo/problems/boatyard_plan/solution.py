from collections import deque

n, m = map(int, input().split())
days = list(map(int, input().split()))
later = [[] for _ in range(n)]
waiting = [0] * n
for _ in range(m):
    a, b = map(int, input().split())
    later[a - 1].append(b - 1)
    waiting[b - 1] += 1
queue = deque(i for i in range(n) if waiting[i] == 0)
order, start = [], [0] * n
while queue:
    i = queue.popleft()
    order.append(i)
    for j in later[i]:
        start[j] = max(start[j], start[i] + days[i])
        waiting[j] -= 1
        if waiting[j] == 0:
            queue.append(j)
if len(order) < n:
    print(-1)
else:
    remaining = [0] * n
    for i in reversed(order):
        remaining[i] = days[i] + max((remaining[j] for j in later[i]), default=0)
    total = max(remaining)
    print(total, sum(start[i] + remaining[i] == total for i in range(n)))
