n, m = map(int, input().split())
change = [0] * (n + 2)
for _ in range(m):
    left, right, k = map(int, input().split())
    change[left] += k
    change[right] -= k
best, position, brightness = None, 0, 0
for i in range(1, n + 1):
    brightness += change[i]
    if best is None or brightness > best:
        best, position = brightness, i
print(best, position)
