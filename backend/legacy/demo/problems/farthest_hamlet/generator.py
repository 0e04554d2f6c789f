import random
from collections.abc import Iterator

Road = tuple[int, int, int]


def case(roads: list[Road]) -> str:
    return "\n".join([str(len(roads) + 1), *(f"{a} {b} {w}" for a, b, w in roads)]) + "\n"


def tree(rng: random.Random, n: int, reach: int, most: int) -> list[Road]:
    """A random tree with shuffled numbers; each hamlet joins one of the `reach` hamlets before it."""
    number = rng.sample(range(1, n + 1), n)
    roads = []
    for i in range(1, n):
        ends = [number[rng.randint(max(0, i - reach), i - 1)], number[i]]
        rng.shuffle(ends)
        roads.append((ends[0], ends[1], rng.randint(1, most)))
    return rng.sample(roads, n - 1)


def inputs(rng: random.Random) -> Iterator[str]:
    yield case([(1, 2, 4), (2, 3, 1), (2, 4, 6), (3, 5, 2)])
    yield case([(2, 1, 3), (3, 2, 3)])
    yield case([])
    yield case([(1, 2, 1000000)])
    yield case([(1, i, 5) for i in range(2, 21)])
    yield case([(9, i, i) for i in range(1, 9)])
    yield case([(i, i + 1, 1) for i in range(1, 100)])
    yield case([(i, i + 1, 1000000) for i in range(1, 450)])
    yield case([(1, 2, 1), (2, 3, 1), (3, 4, 1), (1, 5, 100)])
    yield case([(i // 2, i, 10) for i in range(2, 256)])
    for n, reach in ((5, 5), (8, 3), (20, 20), (50, 4)):
        yield case(tree(rng, n, reach, 9))
    for n, reach in ((300, 2), (450, 450), (450, 10), (500, 1)):
        yield case(tree(rng, n, reach, 999999))
