from collections import Counter


def pattern(ribbon):
    return tuple(a == b for a, b in zip(ribbon, ribbon[1:]))


n = int(input())
counts = Counter(pattern(input()) for _ in range(n))
print(sum(c * (c - 1) // 2 for c in counts.values()), len(counts))
