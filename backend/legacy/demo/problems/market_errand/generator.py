import random
from collections.abc import Iterator

Condition = tuple[int, int]


def case(time: list[list[int]], conditions: list[Condition]) -> str:
    lines = [f"{len(time) - 1} {len(conditions)}", *(" ".join(map(str, row)) for row in time)]
    return "\n".join([*lines, *(f"{a} {b}" for a, b in conditions)]) + "\n"


def times(rng: random.Random, n: int, least: int, most: int) -> list[list[int]]:
    return [[0 if i == j else rng.randint(least, most) for j in range(n + 1)] for i in range(n + 1)]


def conditions(rng: random.Random, n: int, m: int) -> list[Condition]:
    """Conditions that follow a hidden order, so that they can be kept."""
    order = rng.sample(range(1, n + 1), n)
    pairs = (sorted(rng.sample(range(n), 2)) for _ in range(m))
    return [(order[i], order[j]) for i, j in pairs]


def inputs(rng: random.Random) -> Iterator[str]:
    yield case([[0, 6, 1, 4], [5, 0, 1, 6], [7, 8, 0, 2], [9, 3, 8, 0]], [(1, 2)])
    yield case([[0, 5, 9], [3, 0, 2], [4, 1, 0]], [(1, 2), (2, 1)])
    yield case([[0, 3], [8, 0]], [])
    yield case([[0, 1000000], [1000000, 0]], [])
    yield case(times(rng, 9, 7, 7), [])
    yield case(times(rng, 9, 1000000, 1000000), [(a, 9) for a in range(1, 9)])
    yield case(times(rng, 9, 1, 1000000), [(a, a + 1) for a in range(1, 9)])
    yield case(times(rng, 9, 1, 100), [(a + 1, a) for a in range(1, 9)])
    yield case(times(rng, 9, 1, 100), [(1, 2), (2, 3), (3, 4), (4, 2)])
    yield case(times(rng, 5, 1, 9), [(2, 4)] * 20)
    for n, m in ((3, 1), (4, 2), (5, 3), (6, 4)):
        yield case(times(rng, n, 1, 20), conditions(rng, n, m))
    for n, m in ((8, 0), (9, 0), (9, 3), (9, 12), (9, 20)):
        yield case(times(rng, n, 1, 1000000), conditions(rng, n, m))
