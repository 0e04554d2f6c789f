n, k = map(int, input().split())
count = 0
for amount in map(int, input().split()):
    if amount > k:
        count += 1
print(count)
