n, d = map(int, input().split())
x = list(map(int, input().split()))
length = begin = left = 0
for right, value in enumerate(x):
    if abs(value - x[left]) > d:
        left = right
    if right - left + 1 > length:
        length, begin = right - left + 1, left + 1
print(length, begin)
