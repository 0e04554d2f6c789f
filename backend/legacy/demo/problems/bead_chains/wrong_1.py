MODULUS = 1_000_000_007

n, k, r = map(int, input().split())
runs = [k] + [0] * r
for _ in range(n - 1):
    runs = [sum(runs) * (k - 1) % MODULUS, *runs[:-1]]
print(sum(runs) % MODULUS)
