import random
from collections.abc import Iterator


def case(length: int, lights: list[tuple[int, int]]) -> str:
    return "\n".join([f"{len(lights)} {length}", *(f"{x} {r}" for x, r in lights)]) + "\n"


def lights(rng: random.Random, count: int, length: int, reach: int) -> list[tuple[int, int]]:
    return [(rng.randint(0, length), rng.randint(0, reach)) for _ in range(count)]


def inputs(rng: random.Random) -> Iterator[str]:
    yield case(10, [(2, 3), (4, 3), (8, 3), (6, 3)])
    yield case(10, [(1, 2), (4, 1), (9, 3)])
    yield case(1, [(0, 0)])
    yield case(1, [(0, 1)])
    yield case(1, [(0, 0), (1, 0)])
    yield case(10**6, [(0, 10**6)])
    yield case(10**6, [(500000, 499999)] * 10)
    yield case(100, [(x, 5) for x in range(0, 101, 10)])
    yield case(100, [(x, 5) for x in range(100, -1, -10)])
    yield case(50, [(5, 4), *((x, 5) for x in range(6, 51))])
    yield case(60, [(x, 2) for x in range(2, 60, 5)])
    yield case(40, [(20, r) for r in range(21)])
    for n, length, reach in ((6, 12, 4), (10, 20, 4), (20, 40, 6), (40, 100, 12)):
        yield case(length, lights(rng, n, length, reach))
    for n, length, reach in ((200, 10000, 400), (500, 10**6, 20000), (500, 10**6, 40000)):
        yield case(length, lights(rng, n, length, reach))
