n, m = map(int, input().split())
tickets = sorted(map(int, input().split()))
missing = []
for i in range(m - 1):
    for number in range(tickets[i] + 1, tickets[i + 1]):
        missing.append(number)
print(len(missing))
if missing:
    print(*missing)
