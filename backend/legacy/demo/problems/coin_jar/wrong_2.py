n, coins_today, step = map(int, input().split())
jar = 0
for day in range(1, n + 1):
    if day % 7 == 0:
        jar -= jar // 2
    jar += coins_today
    coins_today += step
print(jar)
