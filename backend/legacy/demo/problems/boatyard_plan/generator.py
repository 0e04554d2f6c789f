import random
from collections.abc import Iterator

Rule = tuple[int, int]


def case(days: list[int], rules: list[Rule]) -> str:
    lines = [f"{len(days)} {len(rules)}", " ".join(map(str, days)), *(f"{a} {b}" for a, b in rules)]
    return "\n".join(lines) + "\n"


def plan(rng: random.Random, n: int, m: int, most: int) -> str:
    """Random tasks whose rules follow a hidden order."""
    order = rng.sample(range(1, n + 1), n)
    pairs = (sorted(rng.sample(range(n), 2)) for _ in range(m))
    return case([rng.randint(1, most) for _ in range(n)], [(order[i], order[j]) for i, j in pairs])


def inputs(rng: random.Random) -> Iterator[str]:
    yield case([3, 2, 4, 2], [(1, 2), (1, 3), (2, 4), (3, 4)])
    yield case([1, 2, 3], [(1, 2), (2, 3), (3, 1)])
    yield case([1], [])
    yield case([1000], [])
    yield case([5, 5], [(2, 1), (2, 1), (2, 1)])
    yield case([7] * 10, [])
    yield case([1, 1], [(1, 2), (2, 1)])
    yield case([4, 4, 4, 4], [(1, 2), (1, 3), (2, 4), (3, 4)])
    yield case([1000] * 300, [(i, i + 1) for i in range(1, 300)])
    yield case(list(range(1, 101)), [(i + 1, i) for i in range(1, 100)])
    yield case([2] * 40, [(a, b) for a in range(1, 21) for b in range(21, 41)])
    yield case([9] * 50, [*((i, i + 1) for i in range(1, 50)), (50, 25)])
    for n, m, most in ((4, 4, 3), (7, 9, 3), (12, 20, 4)):
        yield plan(rng, n, m, most)
    pairs = [(a, b) for a, b in (rng.sample(range(1, 31), 2) for _ in range(40))]
    yield case([rng.randint(1, 9) for _ in range(30)], pairs)
    for n, m, most in ((100, 300, 5), (300, 700, 1000), (300, 250, 1000), (300, 700, 2)):
        yield plan(rng, n, m, most)
