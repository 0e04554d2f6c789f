def sort_and_count(values):
    if len(values) < 2:
        return values, 0
    middle = len(values) // 2
    left, count_left = sort_and_count(values[:middle])
    right, count_right = sort_and_count(values[middle:])
    merged, count, i = [], count_left + count_right, 0
    for value in right:
        while i < len(left) and left[i] <= value:
            merged.append(left[i])
            i += 1
        merged.append(value)
        count += len(left) - i
    return merged + left[i:], count


input()
print(3 * sort_and_count(list(map(int, input().split())))[1])
