n, m = map(int, input().split())
ovens = [tuple(map(int, input().split())) for _ in range(n)]
low, high = 0, 1000 + 1000 * m
while low < high:
    middle = (low + high) // 2
    if sum((middle - heating) // batch * size for heating, batch, size in ovens) >= m:
        high = middle
    else:
        low = middle + 1
print(low)
