children, passing = [{}], [0]
for _ in range(int(input())):
    sign, name = input().split()
    node = 0
    for letter in name:
        if letter not in children[node]:
            if sign == "?":
                print(0)
                break
            children[node][letter] = len(children)
            children.append({})
            passing.append(0)
        node = children[node][letter]
        if sign == "+":
            passing[node] += 1
        elif sign == "-":
            passing[node] -= 1
    else:
        if sign == "?":
            print(passing[node])
