import random
from collections.abc import Iterator


def case(d: int, records: list[int]) -> str:
    return f"{len(records)} {d}\n{' '.join(map(str, records))}\n"


def drift(rng: random.Random, count: int, step: int) -> list[int]:
    records = [rng.randint(300, 1000)]
    while len(records) < count:
        records.append(min(1500, max(-100, records[-1] + rng.randint(-step, step))))
    return records


def inputs(rng: random.Random) -> Iterator[str]:
    yield case(5, [806, 812, 810, 815, 813, 819, 808])
    yield case(0, [20, 20, 21, 21, 20])
    yield case(0, [0])
    yield case(2000, [1500, -100, 700])
    yield case(0, [900] * 30)
    yield case(3, list(range(100)))
    yield case(3, list(range(1500, 0, -1)))
    yield case(1, [10, 50] * 20)
    yield case(1599, [-100] * 300 + [1500] * 301 + [-99] * 299)
    yield case(1600, [-100] * 300 + [1500] * 301 + [-99] * 299)
    for n, d, step in ((8, 2, 2), (20, 4, 3), (60, 10, 5), (100, 5, 8)):
        yield case(d, drift(rng, n, step))
    yield case(1000, [rng.randint(-100, 1500) for _ in range(1500)])
    yield case(60, drift(rng, 1500, 6))
    yield case(9, drift(rng, 1200, 2))
