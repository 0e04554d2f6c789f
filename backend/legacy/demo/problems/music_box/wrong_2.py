drum = input()
melody = input()
copies = len(melody) // len(drum) + 2
notes = (drum * copies)[: len(drum) + len(melody) - 1]
print(notes.count(melody), notes.find(melody) + 1)
