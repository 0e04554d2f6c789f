import random
from collections.abc import Iterator

Oven = tuple[int, int, int]


def case(m: int, ovens: list[Oven]) -> str:
    return "\n".join([f"{len(ovens)} {m}", *(f"{h} {t} {s}" for h, t, s in ovens)]) + "\n"


def oven(rng: random.Random, heating: int, batch: int, size: int) -> Oven:
    return rng.randint(0, heating), rng.randint(1, batch), rng.randint(1, size)


def inputs(rng: random.Random) -> Iterator[str]:
    yield case(20, [(5, 10, 4), (0, 30, 10)])
    yield case(7, [(100, 1, 5), (3, 8, 1), (20, 9, 2)])
    yield case(1, [(0, 1, 1)])
    yield case(10**9, [(0, 1, 1)])
    yield case(10**9, [(1000, 1000, 1)])
    yield case(1, [(1000, 1000, 100)])
    yield case(101, [(10, 10, 100)])
    yield case(100, [(10, 10, 100)])
    yield case(50, [(0, 6, 5)] * 10)
    yield case(10**9, [(1000, 1000, 100)] * 300)
    yield case(30, [(h, 5, 1) for h in range(0, 200, 10)])
    for n, m in ((2, 10), (3, 40), (8, 200)):
        yield case(m, [oven(rng, 20, 10, 5) for _ in range(n)])
    yield case(60, [oven(rng, 1000, 5, 3) for _ in range(12)])
    for n, m in ((100, 5000), (300, 10**6), (300, 10**9), (5, 999999999)):
        yield case(m, [oven(rng, 1000, 1000, 100) for _ in range(n)])
