n, length = map(int, input().split())
intervals = []
for _ in range(n):
    x, r = map(int, input().split())
    intervals.append((x - r, x + r))
intervals.sort()
lit, count, i = -1, 0, 0
while lit < length:
    farthest = lit
    while i < n and intervals[i][0] <= lit + 1:
        farthest = max(farthest, intervals[i][1])
        i += 1
    if farthest == lit:
        count = -1
        break
    lit = farthest
    count += 1
print(count)
