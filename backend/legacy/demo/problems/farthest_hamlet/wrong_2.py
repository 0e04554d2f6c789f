from collections import deque

n = int(input())
roads = [[] for _ in range(n)]
for _ in range(n - 1):
    a, b, w = map(int, input().split())
    roads[a - 1].append((b - 1, w))
    roads[b - 1].append((a - 1, w))


def search(start):
    distance = {start: 0}
    queue = deque([start])
    last = start
    while queue:
        last = queue.popleft()
        for b, w in roads[last]:
            if b not in distance:
                distance[b] = distance[last] + w
                queue.append(b)
    return last, distance


u, _ = search(0)
v, from_u = search(u)
_, from_v = search(v)
for i in range(n):
    print(max(from_u[i], from_v[i]))
