n = int(input())
half = n // 2
for row in range(n):
    line = ""
    for column in range(n):
        steps = abs(row - half) + abs(column - half)
        if steps == half:
            line += "#"
        elif steps < half - 1:
            line += "o"
        else:
            line += "."
    print(line)
