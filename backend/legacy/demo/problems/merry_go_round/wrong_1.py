from collections import deque

n, k, t = map(int, input().split())
rides = list(map(int, input().split()))
home = [0] * n
queue = deque(range(n))
clock = 0
while queue:
    clock += t
    for _ in range(k):
        if not queue:
            break
        child = queue.popleft()
        rides[child] -= 1
        if rides[child]:
            queue.append(child)
        else:
            home[child] = clock
print(*home)
