def crease(n, k):
    middle = 1 << (n - 1)
    if k == middle:
        return "V"
    if k < middle:
        return crease(n - 1, k)
    return "M" if crease(n - 1, 2 * middle - k) == "V" else "V"


n, q = map(int, input().split())
for _ in range(q):
    print(crease(n, int(input())))
