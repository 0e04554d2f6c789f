import random
from collections.abc import Iterator


def case(t: int, c: int, landings: list[int], buses: list[int]) -> str:
    lines = [f"{len(landings)} {len(buses)} {t} {c}"]
    lines += [" ".join(map(str, sorted(row))) for row in (landings, buses)]
    return "\n".join(lines) + "\n"


def times(rng: random.Random, count: int, last: int) -> list[int]:
    return [rng.randint(0, last) for _ in range(count)]


def inputs(rng: random.Random) -> Iterator[str]:
    yield case(2, 2, [3, 4, 4, 13], [6, 10])
    yield case(5, 1, [10, 20, 30], [17, 40, 41])
    yield case(0, 1, [0], [0])
    yield case(1, 1, [0], [0])
    yield case(0, 50, [5] * 20, [5])
    yield case(3, 2, [1] * 9, [10] * 3)
    yield case(1000, 10, [10**6] * 5, [10**6] * 5)
    yield case(0, 1, list(range(500)), list(range(500)))
    yield case(7, 3, list(range(0, 300, 2)), list(range(1, 301, 6)))
    yield case(0, 50, [0] * 500, [10**6] * 10)
    for n, m, c in ((5, 3, 1), (10, 6, 2), (20, 10, 3)):
        yield case(rng.randint(0, 5), c, times(rng, n, 30), times(rng, m, 40))
    yield case(4, 50, [2 * x for x in times(rng, 60, 200)], [2 * x + 1 for x in times(rng, 60, 200)])
    for n, m, c in ((100, 50, 3), (300, 100, 2), (500, 500, 1), (480, 60, 12)):
        yield case(rng.randint(0, 1000), c, times(rng, n, 10**6), times(rng, m, 10**6))
