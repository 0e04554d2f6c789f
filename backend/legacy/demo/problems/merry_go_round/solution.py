from collections import deque

n, k, t = map(int, input().split())
rides = list(map(int, input().split()))
home = [0] * n
queue = deque(range(n))
clock = 0
while queue:
    riders = [queue.popleft() for _ in range(min(k, len(queue)))]
    clock += t
    for child in riders:
        rides[child] -= 1
        if rides[child]:
            queue.append(child)
        else:
            home[child] = clock
print(*home)
