def nearest_taller(order, heights):
    target, stack = {}, []
    for i in order:
        while stack and heights[stack[-1]] < heights[i]:
            stack.pop()
        target[i] = stack[-1] if stack else None
        stack.append(i)
    return target


n = int(input())
x = list(map(int, input().split()))
heights = list(map(int, input().split()))
west = nearest_taller(range(n), heights)
east = nearest_taller(range(n - 1, -1, -1), heights)
answer = []
for i in range(n):
    candidates = [(abs(x[i] - x[j]), j + 1) for j in (west[i], east[i]) if j is not None]
    answer.append(min(candidates)[1] if candidates else 0)
print(*answer)
