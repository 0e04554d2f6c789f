beads = list(input())
replaced = 0
for i in range(len(beads) // 2):
    if beads[i] != beads[-1 - i]:
        beads[-1 - i] = beads[i]
        replaced += 1
print(replaced)
print("".join(beads))
