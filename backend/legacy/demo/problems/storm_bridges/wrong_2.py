n, m, q = map(int, input().split())
bridges = [tuple(map(int, input().split())) for _ in range(m)]
collapses = [int(number) - 1 for number in input().split()]
parent = list(range(n + 1))
size = [1] * (n + 1)
communities, largest = n, 1


def root(island):
    while parent[island] != island:
        island = parent[island]
    return island


def join(bridge):
    global communities, largest
    a, b = map(root, bridges[bridge])
    communities -= 1
    if a != b:
        parent[b] = a
        size[a] += size[b]
        largest = max(largest, size[a])


for bridge in set(range(m)) - set(collapses):
    join(bridge)
answers = []
for bridge in reversed(collapses):
    answers.append(f"{communities} {largest}")
    join(bridge)
print("\n".join(reversed(answers)))
