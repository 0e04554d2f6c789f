import random
from collections.abc import Iterator

Channel = tuple[int, int]
Question = tuple[int, int]


def case(channels: list[Channel], questions: list[Question]) -> str:
    lines = [f"{len(channels) + 1} {len(questions)}", *(f"{a} {b}" for a, b in channels + questions)]
    return "\n".join(lines) + "\n"


def channels(rng: random.Random, n: int, reach: int, most: int, shuffled: bool = True) -> list[Channel]:
    """A random tree; each pool flows to one of the `reach` pools before it in a hidden order."""
    number = [1, *(rng.sample(range(2, n + 1), n - 1) if shuffled else range(2, n + 1))]
    target = {number[i]: number[rng.randint(max(0, i - reach), i - 1)] for i in range(1, n)}
    return [(target[i], rng.randint(1, most)) for i in range(2, n + 1)]


def questions(rng: random.Random, n: int, q: int) -> list[Question]:
    return [(rng.randint(1, n), rng.randint(1, n)) for _ in range(q)]


def inputs(rng: random.Random) -> Iterator[str]:
    yield case([(1, 3), (2, 4), (2, 7), (3, 2), (1, 5)], [(5, 4), (5, 3), (6, 4)])
    yield case([(3, 10), (1, 20), (3, 30)], [(2, 4), (4, 2)])
    yield case([], [(1, 1)])
    yield case([(1, 1000)], [(1, 2), (2, 1), (2, 2), (1, 1)])
    yield case([(1, 7)] * 30, [(a, a + 1) for a in range(2, 31)])
    yield case([(i, 1000) for i in range(1, 400)], questions(rng, 400, 300))
    yield case([*((i, 2) for i in range(3, 101)), (1, 2)], questions(rng, 100, 50))
    yield case([(i // 2, i) for i in range(2, 256)], questions(rng, 255, 200))
    yield case(channels(rng, 60, 60, 9, shuffled=False), [(a, a) for a in range(1, 61)])
    yield case(channels(rng, 200, 3, 1000, shuffled=False), questions(rng, 200, 200))
    for n, q, reach in ((5, 6, 5), (9, 15, 2), (30, 40, 30)):
        yield case(channels(rng, n, reach, 9), questions(rng, n, q))
    for n, q, reach in ((400, 300, 1), (400, 300, 8), (400, 300, 400), (300, 1, 300)):
        yield case(channels(rng, n, reach, 1000), questions(rng, n, q))
