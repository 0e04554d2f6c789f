from math import lcm

n = int(input())
time, interval = 0, 1
for _ in range(n):
    first, period = map(int, input().split())
    for _ in range(period):
        if time % period == first:
            break
        time += interval
    else:
        time = -1
        break
    interval = lcm(interval, period)
print(time)
