from collections import Counter

n = int(input())
counts = Counter(tuple(sorted(Counter(input()).values())) for _ in range(n))
print(sum(c * (c - 1) // 2 for c in counts.values()), len(counts))
