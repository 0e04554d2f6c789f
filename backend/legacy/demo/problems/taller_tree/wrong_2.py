n = int(input())
x = list(map(int, input().split()))
heights = list(map(int, input().split()))
answer = [0] * n
stack = []
for i in range(n):
    while stack and heights[stack[-1]] <= heights[i]:
        stack.pop()
    if stack:
        answer[i] = stack[-1] + 1
    stack.append(i)
stack = []
for i in range(n - 1, -1, -1):
    while stack and heights[stack[-1]] <= heights[i]:
        stack.pop()
    if stack and (answer[i] == 0 or stack[-1] - i < i - (answer[i] - 1)):
        answer[i] = stack[-1] + 1
    stack.append(i)
print(*answer)
