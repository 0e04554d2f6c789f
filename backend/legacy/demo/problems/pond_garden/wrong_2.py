from itertools import accumulate

n, q = map(int, input().split())
total = [0, *accumulate(map(int, input().split()))]
for _ in range(q):
    a, b = map(int, input().split())
    water = total[b] - total[a - 1]
    if a >= b:
        water += total[n]
    print(water)
