n, m = map(int, input().split())
collected = set(map(int, input().split()))
missing = [number for number in range(1, n + 1) if number not in collected]
print(len(missing))
if missing:
    print(*missing)
