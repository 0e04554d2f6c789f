import random
from collections.abc import Iterator


def case(crates: list[tuple[int, int]]) -> str:
    return "\n".join([str(len(crates)), *(f"{s} {w}" for s, w in crates)]) + "\n"


def inputs(rng: random.Random) -> Iterator[str]:
    yield case([(10, 8), (12, 9), (12, 7), (10, 6), (12, 9)])
    yield case([(3, 40), (9, 20), (5, 30)])
    yield case([(0, 1)])
    yield case([(7, 7)] * 6)
    yield case([(s, 100) for s in range(20)])
    yield case([(s, 100) for s in range(20, 0, -1)])
    yield case([(500, w) for w in range(30, 0, -1)])
    yield case([(1000, 100000), (0, 1), (1000, 1), (0, 100000)])
    for n in (5, 10, 50, 100):
        yield case([(rng.randint(1, 3), rng.randint(1, 3)) for _ in range(n)])
    for n in (30, 200, 600):
        yield case([(rng.randint(0, 1000), rng.randint(1, 100000)) for _ in range(n)])
    yield case([(rng.randint(900, 999), rng.randint(90000, 99999)) for _ in range(700)])
