rows, columns = map(int, input().split())
plain = [list(input()) for _ in range(rows)]
count = largest = 0
for i in range(1, rows - 1):
    for j in range(1, columns - 1):
        if plain[i][j] == "#":
            continue
        stack, size = [(i, j)], 0
        plain[i][j] = "#"
        while stack:
            r, c = stack.pop()
            size += 1
            for y, x in ((r + 1, c), (r - 1, c), (r, c + 1), (r, c - 1)):
                if 0 < y < rows - 1 and 0 < x < columns - 1 and plain[y][x] == ".":
                    plain[y][x] = "#"
                    stack.append((y, x))
        count += 1
        largest = max(largest, size)
print(count, largest)
