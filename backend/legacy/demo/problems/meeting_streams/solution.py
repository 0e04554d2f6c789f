n, q = map(int, input().split())
parent = [0, 0]
length = [0, 0]
for _ in range(n - 1):
    p, w = map(int, input().split())
    parent.append(p)
    length.append(w)
children = [[] for _ in range(n + 1)]
for i in range(2, n + 1):
    children[parent[i]].append(i)
depth, distance = [0] * (n + 1), [0] * (n + 1)
stack = [1]
while stack:
    pool = stack.pop()
    for child in children[pool]:
        depth[child] = depth[pool] + 1
        distance[child] = distance[pool] + length[child]
        stack.append(child)
ancestors = [parent]
for _ in range(9):
    ancestors.append([ancestors[-1][pool] for pool in ancestors[-1]])


def meeting(a, b):
    if depth[a] < depth[b]:
        a, b = b, a
    for k in range(9, -1, -1):
        if depth[a] - depth[b] >= 1 << k:
            a = ancestors[k][a]
    if a == b:
        return a
    for k in range(9, -1, -1):
        if ancestors[k][a] != ancestors[k][b]:
            a, b = ancestors[k][a], ancestors[k][b]
    return parent[a]


for _ in range(q):
    a, b = map(int, input().split())
    pool = meeting(a, b)
    print(pool, distance[a] + distance[b] - 2 * distance[pool])
