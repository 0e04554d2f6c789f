n = int(input())
roads = [[] for _ in range(n)]
for _ in range(n - 1):
    a, b, w = map(int, input().split())
    roads[a - 1].append((b - 1, w))
    roads[b - 1].append((a - 1, w))


def distances(start):
    distance = [-1] * n
    distance[start] = 0
    stack = [start]
    while stack:
        a = stack.pop()
        for b, w in roads[a]:
            if distance[b] < 0:
                distance[b] = distance[a] + w
                stack.append(b)
    return distance


from_first = distances(0)
from_u = distances(from_first.index(max(from_first)))
print("\n".join(str(max(pair)) for pair in zip(from_first, from_u)))
