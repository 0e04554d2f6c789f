n = int(input())
lowest, last_day = 0, 1
for day, temperature in enumerate(map(int, input().split()), 1):
    if temperature <= lowest:
        lowest, last_day = temperature, day
print(lowest, last_day)
