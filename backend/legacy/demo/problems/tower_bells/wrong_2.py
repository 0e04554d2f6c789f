n = int(input())
bells = [tuple(map(int, input().split())) for _ in range(n)]
longest, begin = max((period, first) for first, period in bells)
answer = -1
for time in range(begin, 50000, longest):
    if all(time % period == first for first, period in bells):
        answer = time
        break
print(answer)
