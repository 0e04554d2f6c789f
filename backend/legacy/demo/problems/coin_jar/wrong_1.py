n, coins_today, step = map(int, input().split())
jar = 0
for day in range(1, n + 1):
    jar += coins_today
    if day % 7 == 0:
        jar //= 2
    coins_today += step
print(jar)
