import random
from collections.abc import Iterator


def case(beds: list[int], walks: list[tuple[int, int]]) -> str:
    lines = [f"{len(beds)} {len(walks)}", " ".join(map(str, beds)), *(f"{a} {b}" for a, b in walks)]
    return "\n".join(lines) + "\n"


def walk(rng: random.Random, n: int) -> tuple[int, int]:
    return rng.randint(1, n), rng.randint(1, n)


def inputs(rng: random.Random) -> Iterator[str]:
    yield case([3, 1, 4, 2, 5], [(2, 4), (4, 1), (3, 3)])
    yield case([10, 20, 30], [(1, 3), (3, 2)])
    yield case([7], [(1, 1)])
    yield case([0], [(1, 1), (1, 1)])
    yield case([0] * 10, [(5, 4), (1, 10), (10, 1)])
    yield case([1, 2], [(1, 2), (2, 1), (1, 1), (2, 2)])
    yield case(list(range(1, 41)), [(a, a + 1) for a in range(1, 40)])
    yield case([10**6] * 500, [(a, a - 1) for a in range(2, 200)])
    yield case([5] * 60, [(a, b) for a in (1, 30, 60) for b in (1, 30, 60)])
    for n, q in ((4, 10), (10, 30), (50, 60)):
        yield case([rng.randint(0, 9) for _ in range(n)], [walk(rng, n) for _ in range(q)])
    beds = [rng.randint(0, 10**6) for _ in range(100)]
    yield case(beds, [(min(w), max(w)) for w in (walk(rng, 100) for _ in range(100))])
    for n, q in ((200, 100), (400, 300), (500, 400), (500, 1)):
        yield case([rng.randint(0, 10**6) for _ in range(n)], [walk(rng, n) for _ in range(q)])
