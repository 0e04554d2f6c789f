from collections import deque

rows, columns, k = map(int, input().split())
harbour = [input() for _ in range(rows)]


def cell(letter):
    return next((r, c) for r in range(rows) for c in range(columns) if harbour[r][c] == letter)


def earliest(start, end):
    visited = {(*start, 0)}
    queue = deque([(*start, 0)])
    while queue:
        r, c, time = queue.popleft()
        if (r, c) == end:
            return time
        time += 1
        for y, x in ((r, c), (r + 1, c), (r - 1, c), (r, c + 1), (r, c - 1)):
            if not (0 <= y < rows and 0 <= x < columns) or harbour[y][x] == "#":
                continue
            if harbour[y][x] == "~" and time // k % 2 == 1:
                continue
            if (y, x, time % (2 * k)) not in visited:
                visited.add((y, x, time % (2 * k)))
                queue.append((y, x, time))
    return -1


print(earliest(cell("S"), cell("E")))
