import random
from collections.abc import Iterator


def case(wagons: list[int]) -> str:
    return f"{len(wagons)}\n{' '.join(map(str, wagons))}\n"


def inputs(rng: random.Random) -> Iterator[str]:
    yield case([30, 10, 20, 10])
    yield case([9, 1, 2, 3, 4])
    yield case([1])
    yield case([2, 1])
    yield case([5, 5, 5, 5, 5])
    yield case(list(range(1, 101)))
    yield case(list(range(1000, 0, -1)))
    yield case([10**6] * 500 + [10**6 - 1] * 500)
    yield case([1, 1000000, 1, 1000000, 1])
    for n in (6, 20, 100, 400):
        yield case([rng.randint(1, 9) for _ in range(n)])
    for n in (8, 50, 300, 1000):
        yield case([rng.randint(1, 999999) for _ in range(n)])
    mixed = list(range(1, 801))
    for _ in range(40):
        i = rng.randrange(799)
        mixed[i], mixed[i + 1] = mixed[i + 1], mixed[i]
    yield case(mixed)
