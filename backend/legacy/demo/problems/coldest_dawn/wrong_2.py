n = int(input())
temperatures = list(map(int, input().split()))
lowest = min(temperatures)
print(lowest, temperatures.index(lowest) + 1)
