n, length = map(int, input().split())
intervals = []
for _ in range(n):
    x, r = map(int, input().split())
    intervals.append((x - r, x + r))
intervals.sort()
lit = count = 0
for begin, end in intervals:
    if begin > lit:
        break
    if end > lit:
        lit = end
        count += 1
    if lit >= length:
        break
print(count if lit >= length else -1)
