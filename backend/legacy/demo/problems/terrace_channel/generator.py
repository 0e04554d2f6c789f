import random
from collections.abc import Iterator


def case(d: int, heights: list[int]) -> str:
    return f"{len(heights)} {d}\n{' '.join(map(str, heights))}\n"


def slope(rng: random.Random, n: int, rise: int, noise: int) -> list[int]:
    return [i * rise + rng.randint(0, noise) for i in range(n)]


def inputs(rng: random.Random) -> Iterator[str]:
    yield case(3, [10, 12, 14, 13, 17, 15, 20])
    yield case(0, [5, 5, 4, 5])
    yield case(0, [0])
    yield case(1000000, [0, 1000000, 999999])
    yield case(1, [7] * 50)
    yield case(0, [7] * 50)
    yield case(1, list(range(100)))
    yield case(5, list(range(0, 1000, 5)))
    yield case(6, list(range(0, 1000, 5)))
    yield case(0, list(range(1000, 0, -1)))
    yield case(2, [10, 11, 12, 11, 13, 12, 14, 13, 15])
    yield case(1000000, [1000000, 0] * 450)
    for n, most, d in ((8, 10, 2), (10, 15, 3), (12, 8, 0), (60, 100, 7)):
        yield case(d, [rng.randint(0, most) for _ in range(n)])
    yield case(10, slope(rng, 1000, 4, 60))
    yield case(1, slope(rng, 1000, 1, 9))
    yield case(9000, [rng.randint(0, 999999) for _ in range(1000)])
    yield case(300, slope(rng, 900, 400, 9000))
