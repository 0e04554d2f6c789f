n, m, t, c = map(int, input().split())
landings = list(map(int, input().split()))
buses = list(map(int, input().split()))
front = waited = 0
for departure in buses:
    while front < n and landings[front] + t <= departure:
        waited += departure - landings[front] - t
        front += 1
print(waited, n - front)
