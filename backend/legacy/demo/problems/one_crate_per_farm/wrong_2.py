g, limit = map(int, input().split())
farms = []
for _ in range(g):
    _, *numbers = map(int, input().split())
    crates = zip(numbers[::2], numbers[1::2])
    farms.append(max(crates, key=lambda crate: crate[1] / crate[0]))
farms.sort(key=lambda crate: crate[1] / crate[0], reverse=True)
total = load = 0
for weight, value in farms:
    if load + weight <= limit:
        load += weight
        total += value
print(total, load)
