n, battery = map(int, input().split())
switched_off = 0
for _ in range(n):
    sign, amount = input().split()
    if sign == "+":
        battery += int(amount)
    else:
        battery = max(0, battery - int(amount))
        if battery == 0:
            switched_off += 1
print(min(100, battery), switched_off)
