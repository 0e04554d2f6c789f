n, q = map(int, input().split())
parent = [0, 0]
length = [0, 0]
depth = [0, 0]
for _ in range(n - 1):
    p, w = map(int, input().split())
    parent.append(p)
    length.append(w)
    depth.append(depth[p] + 1)
for _ in range(q):
    a, b = map(int, input().split())
    distance = 0
    while a != b:
        if depth[a] < depth[b]:
            a, b = b, a
        distance += length[a]
        a = parent[a]
    print(a, distance)
