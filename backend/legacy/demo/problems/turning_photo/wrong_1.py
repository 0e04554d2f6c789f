h, w, k = map(int, input().split())
photo = [input() for _ in range(h)]
for _ in range(k % 4):
    photo = ["".join(row[column] for row in photo) for column in range(w - 1, -1, -1)]
    h, w = w, h
print("\n".join(photo))
