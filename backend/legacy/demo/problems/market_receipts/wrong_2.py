n = int(input())
counts, prices = {}, {}
for _ in range(n):
    name, quantity, price = input().split()
    counts[name] = counts.get(name, 0) + int(quantity)
    prices[name] = int(price)
for name in sorted(counts, key=lambda name: (-counts[name] * prices[name], name)):
    print(name, counts[name] * prices[name])
