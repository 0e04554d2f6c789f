drum = input()
melody = input()
notes = drum + drum
starts = [i + 1 for i in range(len(drum)) if notes[i : i + len(melody)] == melody]
print(len(starts), starts[0] if starts else 0)
