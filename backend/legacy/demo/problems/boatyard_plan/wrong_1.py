from collections import deque

n, m = map(int, input().split())
days = list(map(int, input().split()))
later = [[] for _ in range(n)]
earlier = [[] for _ in range(n)]
for _ in range(m):
    a, b = map(int, input().split())
    later[a - 1].append(b - 1)
    earlier[b - 1].append(a - 1)
waiting = [len(tasks) for tasks in earlier]
queue = deque(i for i in range(n) if waiting[i] == 0)
done, finish = 0, [0] * n
while queue:
    i = queue.popleft()
    done += 1
    finish[i] = days[i] + max((finish[j] for j in earlier[i]), default=0)
    for j in later[i]:
        waiting[j] -= 1
        if waiting[j] == 0:
            queue.append(j)
if done < n:
    print(-1)
else:
    total = max(finish)
    task, tight = finish.index(total), 1
    while earlier[task]:
        task = max(earlier[task], key=lambda j: finish[j])
        tight += 1
    print(total, tight)
