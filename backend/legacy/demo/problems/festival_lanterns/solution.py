from itertools import accumulate

n, m = map(int, input().split())
change = [0] * (n + 2)
for _ in range(m):
    left, right, k = map(int, input().split())
    change[left] += k
    change[right + 1] -= k
brightness = list(accumulate(change[1 : n + 1]))
best = max(brightness)
print(best, brightness.index(best) + 1)
