n, m = map(int, input().split())
ovens = [tuple(map(int, input().split())) for _ in range(n)]


def loaves(time):
    return sum((time - heating) // batch * size for heating, batch, size in ovens if time > heating)


low, high = 0, 1000 + 1000 * m
while low < high:
    middle = (low + high) // 2
    if loaves(middle) >= m:
        high = middle
    else:
        low = middle + 1
print(low)
