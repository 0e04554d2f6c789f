def combined(a, b):
    if a is None or b is None:
        return a or b
    return (
        a[0] + b[0],
        max(a[1], a[0] + b[1]),
        max(b[2], b[0] + a[2]),
        max(a[3], b[3], a[2] + b[1]),
    )


n, q = map(int, input().split())
tree = [None] * n + [(p,) * 4 for p in map(int, input().split())]
for node in range(n - 1, 0, -1):
    tree[node] = combined(tree[2 * node], tree[2 * node + 1])
for _ in range(q):
    kind, a, b = map(int, input().split())
    if kind == 1:
        node = n + a - 1
        tree[node] = (b,) * 4
        while node > 1:
            node //= 2
            tree[node] = combined(tree[2 * node], tree[2 * node + 1])
    else:
        low, high = n + a - 1, n + b
        left = right = None
        while low < high:
            if low % 2:
                left = combined(left, tree[low])
                low += 1
            if high % 2:
                high -= 1
                right = combined(tree[high], right)
            low //= 2
            high //= 2
        print(combined(left, right)[3])
