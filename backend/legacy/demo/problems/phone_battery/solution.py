import sys

lines = sys.stdin.read().splitlines()
n, battery = map(int, lines[0].split())
switched_off = 0
for line in lines[1:]:
    sign, amount = line.split()
    if sign == "+":
        battery = min(100, battery + int(amount))
    elif battery > 0:
        battery = max(0, battery - int(amount))
        if battery == 0:
            switched_off += 1
print(battery, switched_off)
