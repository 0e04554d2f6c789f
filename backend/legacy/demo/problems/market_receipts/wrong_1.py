n = int(input())
sales = {}
for _ in range(n):
    name, quantity, price = input().split()
    sales[name] = sales.get(name, 0) + int(quantity) * int(price)
for total, name in sorted(((total, name) for name, total in sales.items()), reverse=True):
    print(name, total)
