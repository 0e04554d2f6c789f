n, m = map(int, input().split())
ovens = [tuple(map(int, input().split())) for _ in range(n)]
low, high = 0, 10**9
while low < high:
    middle = (low + high) // 2
    baked = sum(max(0, middle - heating) // batch * size for heating, batch, size in ovens)
    if baked >= m:
        high = middle
    else:
        low = middle + 1
print(low)
