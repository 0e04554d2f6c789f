drum = input()
melody = input()
n, m = len(drum), len(melody)
border = [0] * m
matched = 0
for i in range(1, m):
    while matched and melody[i] != melody[matched]:
        matched = border[matched - 1]
    if melody[i] == melody[matched]:
        matched += 1
    border[i] = matched
starts = []
matched = 0
for i in range(n + m - 1):
    note = drum[i % n]
    while matched and note != melody[matched]:
        matched = border[matched - 1]
    if note == melody[matched]:
        matched += 1
    if matched == m:
        starts.append(i - m + 2)
        matched = border[matched - 1]
print(len(starts), starts[0] if starts else 0)
