h, w, k = map(int, input().split())
photo = [list(input()) for _ in range(h)]
for _ in range(k % 4):
    turned = [[""] * h for _ in range(h)]
    for row in range(h):
        for column in range(w):
            turned[column][h - 1 - row] = photo[row][column]
    photo = turned
for row in photo:
    print("".join(row))
