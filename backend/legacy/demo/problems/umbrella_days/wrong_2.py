n, k = map(int, input().split())
rain = list(map(int, input().split()))
count = 0
for day in range(1, n):
    if rain[day] >= k:
        count += 1
print(count)
