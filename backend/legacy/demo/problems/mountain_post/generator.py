import random
from collections.abc import Iterator

Edge = tuple[int, int, int]


def case(n: int, trails: list[Edge], cables: list[Edge]) -> str:
    lines = [f"{n} {len(trails)} {len(cables)}", *(f"{a} {b} {t}" for a, b, t in trails + cables)]
    return "\n".join(lines) + "\n"


def edges(rng: random.Random, n: int, count: int, most: int) -> list[Edge]:
    ends = (rng.sample(range(1, n + 1), 2) for _ in range(count))
    return [(a, b, rng.randint(1, most)) for a, b in ends]


def inputs(rng: random.Random) -> Iterator[str]:
    path = [(1, 2, 10), (2, 3, 10), (3, 4, 10)]
    yield case(4, path, [(1, 3, 2), (3, 4, 1)])
    yield case(3, [(1, 2, 5)], [(3, 2, 1)])
    yield case(2, [], [])
    yield case(2, [], [(1, 2, 1000000)])
    yield case(2, [(2, 1, 7)], [(2, 1, 1)])
    yield case(3, [], [(1, 2, 1), (2, 3, 1)])
    yield case(5, [(1, 2, 9), (2, 3, 1), (3, 4, 1)], [(1, 2, 1), (4, 5, 3)])
    yield case(
        6, [(1, 2, 5), (2, 3, 5), (3, 4, 5), (4, 5, 5), (5, 6, 5)], [(1, 4, 14), (3, 6, 2), (2, 5, 13)]
    )
    yield case(200, [(i, i + 1, 1000000) for i in range(1, 200)], [(1, 199, 1000000)])
    yield case(200, [(i, i + 1, 1) for i in range(1, 200)], [(i, i + 2, 1) for i in range(1, 101)])
    for n, m, c in ((4, 4, 3), (6, 8, 5), (10, 15, 10), (30, 40, 30)):
        yield case(n, edges(rng, n, m, 9), edges(rng, n, c, 3))
    halves = edges(rng, 50, 100, 9) + [(a + 50, b + 50, t) for a, b, t in edges(rng, 50, 100, 9)]
    yield case(100, halves, [(b + 50, a, t) for a, b, t in edges(rng, 50, 40, 9)])
    yield case(100, halves, [(a, b + 50, t) for a, b, t in edges(rng, 50, 40, 99)])
    for n, m, c in ((100, 250, 20), (200, 400, 100), (200, 300, 100)):
        yield case(n, edges(rng, n, m, 1000000), edges(rng, n, c, 300000))
