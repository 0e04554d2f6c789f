import random
from collections.abc import Iterator

Farm = list[tuple[int, int]]


def case(limit: int, farms: list[Farm]) -> str:
    lines = [f"{len(farms)} {limit}"]
    lines += [" ".join([str(len(farm)), *(f"{w} {v}" for w, v in farm)]) for farm in farms]
    return "\n".join(lines) + "\n"


def farm(rng: random.Random, crates: int, weight: int, value: int) -> Farm:
    return [(rng.randint(1, weight), rng.randint(1, value)) for _ in range(rng.randint(1, crates))]


def inputs(rng: random.Random) -> Iterator[str]:
    yield case(7, [[(3, 30), (4, 45)], [(3, 20), (5, 35)]])
    yield case(10, [[(4, 8)], [(11, 99), (6, 10)], [(2, 1), (5, 10)]])
    yield case(1, [[(1, 1)]])
    yield case(1, [[(2, 1000000)]])
    yield case(300, [[(300, 1000000)] * 5])
    yield case(300, [[(300, 5)], [(299, 5)], [(1, 1)]])
    yield case(12, [[(3, 7)] * 3] * 6)
    yield case(300, [[(1, 1000000)]] * 40)
    yield case(20, [[(w, w) for w in range(1, 6)]] * 4)
    yield case(100, [[(10, 60), (50, 300)], [(50, 299), (60, 400)], [(20, 20)]])
    for farms, crates, weight in ((3, 3, 6), (5, 3, 8), (6, 4, 10)):
        yield case(rng.randint(10, 20), [farm(rng, crates, weight, 20) for _ in range(farms)])
    for farms, crates, weight in ((20, 5, 60), (30, 5, 40), (40, 3, 100), (40, 3, 20)):
        yield case(300, [farm(rng, crates, weight, 10**6) for _ in range(farms)])
