from bisect import bisect_right

n, d = map(int, input().split())
lowest_end = []
for height in map(int, input().split()):
    length = bisect_right(lowest_end, height - d)
    if length == len(lowest_end):
        lowest_end.append(height)
    else:
        lowest_end[length] = height
print(len(lowest_end))
