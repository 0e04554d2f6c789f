n = int(input())
half = n // 2
if n == 1:
    print("#")
else:
    for row in range(n):
        outside = abs(row - half)
        inside = n - 2 * outside - 2
        print("." * outside + "#" + "o" * inside + "#" + "." * outside)
