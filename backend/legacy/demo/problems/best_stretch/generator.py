import random
from collections.abc import Iterator

Event = tuple[int, int, int]


def case(earnings: list[int], events: list[Event]) -> str:
    lines = [f"{len(earnings)} {len(events)}", " ".join(map(str, earnings))]
    return "\n".join([*lines, *(f"{kind} {a} {b}" for kind, a, b in events)]) + "\n"


def question(rng: random.Random, n: int) -> Event:
    low, high = sorted((rng.randint(1, n), rng.randint(1, n)))
    return 2, low, high


def events(rng: random.Random, n: int, q: int, most: int) -> list[Event]:
    """Random events; the last one asks for the whole alley."""
    mixed = [
        question(rng, n) if rng.random() < 0.6 else (1, rng.randint(1, n), rng.randint(-most, most))
        for _ in range(q - 1)
    ]
    return [*mixed, (2, 1, n)]


def inputs(rng: random.Random) -> Iterator[str]:
    yield case([4, -6, 5, 3, -2], [(2, 1, 5), (1, 2, -1), (2, 1, 5), (2, 5, 5)])
    yield case([2, 3, 1], [(2, 1, 3), (1, 2, -9), (2, 1, 3)])
    yield case([0], [(2, 1, 1)])
    yield case([-10000], [(2, 1, 1), (1, 1, 10000), (2, 1, 1)])
    yield case([-5] * 20, [(2, 1, 20), (2, 7, 9), (1, 8, -1), (2, 7, 9)])
    yield case([10000] * 400, [(2, 1, 400), (1, 200, -10000), (2, 1, 400), (2, 150, 250)])
    yield case([-10000] * 400, [(2, 1, 400), (1, 1, -9999), (2, 1, 400), (2, 2, 400)])
    yield case(list(range(1, 65)), [(2, a, 64) for a in range(1, 65)])
    yield case([9, -8] * 60, [(2, a, 120) for a in range(1, 60)])
    yield case([3, -1, 3, -1, 3, -9, 3, -1, 3], [(2, a, b) for a in range(1, 10) for b in range(a, 10)])
    for n, q, most in ((4, 8, 5), (7, 20, 9), (13, 40, 9), (60, 100, 50)):
        yield case([rng.randint(-most, most) for _ in range(n)], events(rng, n, q, most))
    for n, q, most in ((400, 350, 999), (255, 350, 10000), (400, 350, 10000), (257, 300, 10000)):
        yield case([rng.randint(-most, most) for _ in range(n)], events(rng, n, q, most))
