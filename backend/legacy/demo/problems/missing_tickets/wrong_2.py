n, m = map(int, input().split())
seen = [False] * (n + 1)
for number in map(int, input().split()):
    seen[number] = True
missing = [number for number in range(1, n) if not seen[number]]
print(len(missing))
if missing:
    print(*missing)
