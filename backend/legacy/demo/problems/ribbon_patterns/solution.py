from collections import Counter


def pattern(ribbon):
    rank = {}
    return tuple(rank.setdefault(colour, len(rank)) for colour in ribbon)


n = int(input())
counts = Counter(pattern(input()) for _ in range(n))
print(sum(c * (c - 1) // 2 for c in counts.values()), len(counts))
