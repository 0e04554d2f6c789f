import random
from collections.abc import Iterator
from math import lcm


def case(bells: list[tuple[int, int]]) -> str:
    return "\n".join([str(len(bells)), *(f"{first} {period}" for first, period in bells)]) + "\n"


def meeting(time: int, periods: list[int]) -> str:
    return case([(time % period, period) for period in periods])


def periods(rng: random.Random, count: int, most: int, common: int) -> list[int]:
    chosen: list[int] = []
    while len(chosen) < count:
        period = rng.randint(1, most)
        if lcm(period, *chosen) <= common:
            chosen.append(period)
    return chosen


def inputs(rng: random.Random) -> Iterator[str]:
    yield case([(1, 4), (3, 6), (0, 7)])
    yield case([(0, 4), (1, 6)])
    yield case([(0, 1)])
    yield case([(999, 1000)])
    yield case([(0, period) for period in range(1, 21)])
    yield case([(period - 1, period) for period in range(1, 21)])
    yield case([(3, 8)] * 20)
    yield case([(3, 8), (4, 8)])
    yield meeting(997 * 991 * 983 * 977 - 1, [997, 991, 983, 977])
    yield meeting(10**12 - 7, [512, 625, 1000, 250, 999 + 1])
    yield case([(10, 12), (14, 20), (4, 30)])
    yield meeting(123456789, [1, 16, 81, 625, 49, 11, 13])
    for count, most in ((2, 12), (3, 20), (5, 30), (20, 100)):
        yield meeting(rng.randint(0, 10**4), periods(rng, count, most, 10**6))
    for count in (3, 6, 20):
        yield meeting(rng.randint(10**9, 10**12), periods(rng, count, 1000, 10**12))
    yield case([(rng.randrange(period), period) for period in periods(rng, 4, 60, 10**6)])
