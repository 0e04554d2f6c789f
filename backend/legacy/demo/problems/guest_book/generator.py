import random
from collections.abc import Iterator


def case(events: list[str]) -> str:
    return "\n".join([str(len(events)), *events]) + "\n"


def name(rng: random.Random, most: int, letters: str) -> str:
    return "".join(rng.choice(letters) for _ in range(rng.randint(1, most)))


def day(rng: random.Random, q: int, most: int, letters: str, size: int = 7900) -> str:
    """Random events; the last one is a question."""
    guests: list[str] = []
    events: list[str] = []
    while len(events) < q - 1 and sum(map(len, events)) + len(events) < size - 80:
        kind = rng.random()
        if kind < 0.45:
            guests.append(name(rng, most, letters))
            events.append(f"+ {guests[-1]}")
        elif kind < 0.6 and guests:
            events.append(f"- {guests.pop(rng.randrange(len(guests)))}")
        elif guests and rng.random() < 0.7:
            guest = rng.choice(guests)
            events.append(f"? {guest[: rng.randint(1, len(guest))]}")
        else:
            events.append(f"? {name(rng, most, letters)}")
    return case([*events, f"? {letters[0]}"])


def inputs(rng: random.Random) -> Iterator[str]:
    yield case(["+ mina", "+ min", "+ mina", "+ amin", "? min", "- mina", "? mina", "? minas"])
    yield case(["? kim", "+ kim", "? k", "- kim", "? k"])
    yield case(["? a"])
    yield case(["+ a", "? a", "? b"])
    yield case(["+ " + "z" * 30] * 120 + ["? " + "z" * length for length in range(1, 31)])
    yield case(
        [f"+ {'a' * length}" for length in range(1, 31)] + [f"? {'a' * length}" for length in range(1, 31)]
    )
    yield case(["+ bo", "- bo"] * 200 + ["? b", "+ bo", "? b"])
    yield case([f"+ {letter}an" for letter in "abcdefghij"] + ["? an", "? n", "? a", "? ban"])
    yield case(["+ ann", "+ anna", "- ann", "? ann", "? anna", "? annab", "- anna", "? a"])
    for q, most, letters in ((10, 3, "ab"), (25, 4, "ab"), (60, 6, "abc"), (200, 8, "mnop")):
        yield day(rng, q, most, letters)
    for q, most, letters in ((500, 3, "xy"), (500, 20, "ab"), (500, 30, "aeiou"), (500, 12, "abcdefgh")):
        yield day(rng, q, most, letters)
