beads = list(input())
left, right = 0, len(beads) - 1
replaced = 0
while left < right:
    if beads[left] != beads[right]:
        beads[left] = beads[right] = min(beads[left], beads[right])
        replaced += 1
    left += 1
    right -= 1
print(replaced)
print("".join(beads))
