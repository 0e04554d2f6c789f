n, battery = map(int, input().split())
switched_off = 0
for _ in range(n):
    sign, amount = input().split()
    if sign == "+":
        battery = min(100, battery + int(amount))
    elif battery > 0:
        battery -= int(amount)
        if battery < 0:
            battery = 0
            switched_off += 1
print(battery, switched_off)
