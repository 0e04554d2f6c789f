import random
from collections.abc import Iterator

Turn = tuple[int, int, int]


def case(n: int, turns: list[Turn]) -> str:
    return "\n".join([f"{n} {len(turns)}", *(f"{left} {right} {k}" for left, right, k in turns)]) + "\n"


def turn(rng: random.Random, n: int, least: int, most: int) -> Turn:
    left, right = sorted((rng.randint(1, n), rng.randint(1, n)))
    return left, right, rng.randint(least, most)


def inputs(rng: random.Random) -> Iterator[str]:
    yield case(5, [(1, 3, 3), (3, 5, -2)])
    yield case(4, [(1, 4, -5), (2, 3, 1)])
    yield case(1, [(1, 1, 0)])
    yield case(1, [(1, 1, -1000000)])
    yield case(10, [(10, 10, 7)])
    yield case(6, [(i, i, 4) for i in range(1, 7)])
    yield case(8, [(1, i, 1) for i in range(1, 9)])
    yield case(8, [(i, 8, 1) for i in range(1, 9)])
    yield case(10000, [(1, 10000, 1000000)] * 380)
    yield case(10000, [(1, 10000, -1000000)] * 380)
    for n, m in ((5, 4), (8, 20), (30, 50)):
        yield case(n, [turn(rng, n, -5, 5) for _ in range(m)])
    yield case(50, [(1, 50, -9), *(turn(rng, 50, -9, 0) for _ in range(60))])
    for n, m in ((200, 100), (1000, 300), (10000, 400)):
        yield case(n, [turn(rng, n, -1000000, 1000000) for _ in range(m)])
