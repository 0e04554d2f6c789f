n = int(input())
for _ in range(n):
    words = input().split()
    print(" ".join(word if word[0].isdigit() else word[::-1] for word in words))
