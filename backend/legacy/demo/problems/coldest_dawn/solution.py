n = int(input())
temperatures = list(map(int, input().split()))
lowest, last_day = temperatures[0], 1
for day, temperature in enumerate(temperatures, 1):
    if temperature <= lowest:
        lowest, last_day = temperature, day
print(lowest, last_day)
