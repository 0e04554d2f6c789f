n, m = map(int, input().split())
time = [list(map(int, input().split())) for _ in range(n + 1)]
before = {shop: set() for shop in range(1, n + 1)}
for _ in range(m):
    a, b = map(int, input().split())
    before[b].add(a)
position, spent, visited = 0, 0, set()
while len(visited) < n:
    open_shops = [shop for shop in before if shop not in visited and before[shop] <= visited]
    if not open_shops:
        break
    shop = min(open_shops, key=lambda target: time[position][target])
    spent += time[position][shop]
    visited.add(shop)
    position = shop
print(spent + time[position][0] if len(visited) == n else -1)
