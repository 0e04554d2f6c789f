guests = set()
for _ in range(int(input())):
    sign, name = input().split()
    if sign == "+":
        guests.add(name)
    elif sign == "-":
        guests.discard(name)
    else:
        print(sum(guest.startswith(name) for guest in guests))
