from collections import deque

rows, columns, k = map(int, input().split())
harbour = [input() for _ in range(rows)]
start = next((r, c) for r in range(rows) for c in range(columns) if harbour[r][c] == "S")
distance = {start: 0}
queue = deque([start])
answer = -1
while queue:
    r, c = queue.popleft()
    if harbour[r][c] == "E":
        answer = distance[r, c]
        break
    time = distance[r, c] + 1
    for y, x in ((r + 1, c), (r - 1, c), (r, c + 1), (r, c - 1)):
        if not (0 <= y < rows and 0 <= x < columns) or harbour[y][x] == "#" or (y, x) in distance:
            continue
        if harbour[y][x] == "~" and time // k % 2 == 1:
            continue
        distance[y, x] = time
        queue.append((y, x))
print(answer)
