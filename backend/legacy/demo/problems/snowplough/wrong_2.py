rows, columns, _ = map(int, input().split())
snow = [list(map(int, input().split())) for _ in range(rows)]
steps = [(0, 1), (1, 0), (0, -1), (-1, 0)]
r = c = direction = 0
for command in input():
    if command == "L":
        direction = (direction + 3) % 4
    elif command == "R":
        direction = (direction + 1) % 4
    else:
        dr, dc = steps[direction]
        if not (0 <= r + dr < rows and 0 <= c + dc < columns):
            continue
        r, c = r + dr, c + dc
        dr, dc = steps[(direction + 1) % 4]
        snow[r + dr][c + dc] += snow[r][c]
        snow[r][c] = 0
print(sum(map(sum, snow)), max(map(max, snow)))
print(r + 1, c + 1)
