def best(values):
    if len(values) == 1:
        return values[0]
    middle = len(values) // 2
    left, right = values[:middle], values[middle:]
    return max(best(left), best(right), sum(values))


n, q = map(int, input().split())
earnings = list(map(int, input().split()))
for _ in range(q):
    kind, a, b = map(int, input().split())
    if kind == 1:
        earnings[a - 1] = b
    else:
        print(best(earnings[a - 1 : b]))
