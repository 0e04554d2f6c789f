import sys
from collections import defaultdict

sales = defaultdict(int)
for line in sys.stdin.read().splitlines()[1:]:
    name, quantity, price = line.split()
    sales[name] += int(quantity) * int(price)
for name, total in sorted(sales.items(), key=lambda item: (-item[1], item[0])):
    print(name, total)
