h, w, k = map(int, input().split())
photo = [input() for _ in range(h)]
for _ in range(k % 4):
    photo = ["".join(column) for column in zip(*photo[::-1])]
print("\n".join(photo))
