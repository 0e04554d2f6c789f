n = int(input())
for _ in range(n):
    words = input().split()
    print(" ".join(word if word.isdigit() else word[::-1] for word in words))
