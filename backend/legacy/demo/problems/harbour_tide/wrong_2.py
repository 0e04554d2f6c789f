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
    for y, x in ((r + 1, c), (r - 1, c), (r, c + 1), (r, c - 1)):
        if 0 <= y < rows and 0 <= x < columns and harbour[y][x] != "#" and (y, x) not in distance:
            distance[y, x] = distance[r, c] + 1
            queue.append((y, x))
print(answer)
