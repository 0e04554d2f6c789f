import random
from collections.abc import Iterator


def case(n: int, k: int, r: int) -> str:
    return f"{n} {k} {r}\n"


def inputs(rng: random.Random) -> Iterator[str]:
    yield case(4, 2, 2)
    yield case(3, 1, 2)
    yield case(1, 1, 1)
    yield case(10, 1, 10)
    yield case(11, 1, 10)
    yield case(2, 2, 1)
    yield case(6, 3, 1)
    yield case(5, 2, 10)
    yield case(10, 2, 10)
    yield case(11, 2, 10)
    yield case(1, 1000, 1)
    yield case(1000, 1, 1)
    yield case(1000, 2, 1)
    yield case(1000, 1000, 10)
    yield case(1000, 999, 1)
    for n, k, r in ((7, 3, 4), (9, 3, 3), (40, 5, 3), (300, 30, 10), (1000, 1000, 10)):
        yield case(rng.randint(n // 2, n), rng.randint(max(1, k // 2), k), rng.randint(1, r))
