rows, columns, _ = map(int, input().split())
snow = [list(map(int, input().split())) for _ in range(rows)]
steps = [(0, 1), (1, 0), (0, -1), (-1, 0)]


def inside(r, c):
    return 0 <= r < rows and 0 <= c < columns


r = c = direction = 0
for command in input():
    if command == "L":
        direction = (direction + 3) % 4
    elif command == "R":
        direction = (direction + 1) % 4
    else:
        dr, dc = steps[direction]
        if not inside(r + dr, c + dc):
            continue
        r, c = r + dr, c + dc
        dr, dc = steps[(direction + 1) % 4]
        if inside(r + dr, c + dc):
            snow[r + dr][c + dc] += snow[r][c]
        snow[r][c] = 0
print(sum(map(sum, snow)), max(map(max, snow)))
print(r + 1, c + 1)
