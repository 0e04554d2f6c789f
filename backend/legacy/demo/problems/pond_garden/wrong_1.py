from itertools import accumulate

n, q = map(int, input().split())
total = [0, *accumulate(map(int, input().split()))]
for _ in range(q):
    a, b = sorted(map(int, input().split()))
    print(total[b] - total[a - 1])
