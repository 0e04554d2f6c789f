rows, columns = map(int, input().split())
plain = [list(input()) for _ in range(rows)]
count = largest = 0
for i in range(rows):
    for j in range(columns):
        if plain[i][j] == "#":
            continue
        stack, size, leaks = [(i, j)], 0, False
        plain[i][j] = "#"
        while stack:
            r, c = stack.pop()
            size += 1
            if r in (0, rows - 1) or c in (0, columns - 1):
                leaks = True
                break
            for y, x in ((r + 1, c), (r - 1, c), (r, c + 1), (r, c - 1)):
                if plain[y][x] == ".":
                    plain[y][x] = "#"
                    stack.append((y, x))
        if not leaks:
            count += 1
            largest = max(largest, size)
print(count, largest)
