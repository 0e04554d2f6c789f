import random
from collections.abc import Iterator


def case(k: int, t: int, rides: list[int]) -> str:
    return f"{len(rides)} {k} {t}\n{' '.join(map(str, rides))}\n"


def inputs(rng: random.Random) -> Iterator[str]:
    yield case(2, 5, [1, 2, 1, 2])
    yield case(3, 4, [3, 1, 1, 1, 2])
    yield case(1, 1, [1])
    yield case(100, 60, [20])
    yield case(1, 7, [2, 1, 3])
    yield case(10, 3, [1] * 40)
    yield case(7, 2, [4] * 7)
    yield case(100, 60, [20] * 500)
    yield case(1, 1, [20] * 100)
    yield case(4, 9, list(range(1, 21)))
    yield case(4, 9, list(range(20, 0, -1)))
    yield case(6, 3, [1, 20] * 15)
    for n, k in ((5, 2), (9, 4), (30, 7), (100, 12)):
        yield case(k, rng.randint(1, 60), [rng.randint(1, 6) for _ in range(n)])
    for n, k in ((300, 99), (500, 17), (500, 1)):
        yield case(k, rng.randint(1, 60), [rng.randint(1, 20) for _ in range(n)])
