from collections import deque

n, d = map(int, input().split())
x = list(map(int, input().split()))
highest, lowest = deque(), deque()
length = begin = left = 0
for right, value in enumerate(x):
    while highest and x[highest[-1]] <= value:
        highest.pop()
    while lowest and x[lowest[-1]] >= value:
        lowest.pop()
    highest.append(right)
    lowest.append(right)
    while x[highest[0]] - x[lowest[0]] > d:
        left += 1
        if highest[0] < left:
            highest.popleft()
        if lowest[0] < left:
            lowest.popleft()
    if right - left + 1 > length:
        length, begin = right - left + 1, left + 1
print(length, begin)
