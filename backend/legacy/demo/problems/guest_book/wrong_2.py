guests = []
for _ in range(int(input())):
    sign, name = input().split()
    if sign == "+":
        guests.append(name)
    elif sign == "-":
        guests.remove(name)
    else:
        print(sum(name in guest for guest in guests))
