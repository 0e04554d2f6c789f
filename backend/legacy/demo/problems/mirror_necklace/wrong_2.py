beads = input()
replaced = 0
mended = ""
for bead, opposite in zip(beads, reversed(beads)):
    if bead != opposite:
        replaced += 1
    mended += min(bead, opposite)
print(replaced)
print(mended)
