n, q = map(int, input().split())
parent = [0, 0]
length = [0, 0]
for _ in range(n - 1):
    p, w = map(int, input().split())
    parent.append(p)
    length.append(w)
for _ in range(q):
    a, b = map(int, input().split())
    reached, pool, distance = {}, a, 0
    while pool != 1:
        distance += length[pool]
        pool = parent[pool]
        reached[pool] = distance
    pool, distance = b, 0
    while pool not in reached and pool != 1:
        distance += length[pool]
        pool = parent[pool]
    print(pool, distance + reached.get(pool, 0))
