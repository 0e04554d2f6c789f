n, k = map(int, input().split())
rain = map(int, input().split())
print(sum(amount >= k for amount in rain))
