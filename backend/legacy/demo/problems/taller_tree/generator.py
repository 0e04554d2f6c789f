import random
from collections.abc import Iterator


def case(positions: list[int], heights: list[int]) -> str:
    return f"{len(positions)}\n{' '.join(map(str, positions))}\n{' '.join(map(str, heights))}\n"


def positions(rng: random.Random, count: int, last: int) -> list[int]:
    return sorted(rng.sample(range(last + 1), count))


def inputs(rng: random.Random) -> Iterator[str]:
    yield case([0, 2, 6, 10, 13], [150, 400, 200, 300, 300])
    yield case([1, 5, 6], [100, 90, 120])
    yield case([0], [1])
    yield case([0, 10000], [10000, 10000])
    yield case(list(range(20)), [50] * 20)
    yield case(list(range(50)), list(range(1, 51)))
    yield case(list(range(50)), list(range(50, 0, -1)))
    yield case(list(range(0, 60, 3)), [1, 2] * 10)
    yield case([x * x for x in range(100)], list(range(1, 51)) + list(range(50, 0, -1)))
    yield case(list(range(0, 9800, 14)), [10000, 1] * 350)
    for n, last, height in ((6, 12, 4), (10, 30, 5), (40, 60, 20), (60, 400, 900)):
        yield case(positions(rng, n, last), [rng.randint(1, height) for _ in range(n)])
    for n, last, height in ((300, 400, 10000), (700, 9999, 9999), (700, 999, 300)):
        yield case(positions(rng, n, last), [rng.randint(1, height) for _ in range(n)])
