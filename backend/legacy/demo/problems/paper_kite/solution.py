n = int(input())
half = n // 2
for row in range(n):
    line = ""
    for column in range(n):
        steps = abs(row - half) + abs(column - half)
        line += "#" if steps == half else "o" if steps < half else "."
    print(line)
