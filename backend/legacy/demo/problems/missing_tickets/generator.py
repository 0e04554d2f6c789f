"""Inputs of "Missing Tickets": up to 1,500 numbers, some of them several times."""

import random
from collections.abc import Iterator, Sequence


def _text(n: int, tickets: Sequence[int]) -> str:
    return f"{n} {len(tickets)}\n{' '.join(map(str, tickets))}\n"


def _shuffled(rng: random.Random, tickets: Sequence[int]) -> list[int]:
    return rng.sample(tickets, len(tickets))


def inputs(rng: random.Random) -> Iterator[str]:
    """Samples, edges, then random tickets."""
    yield _text(6, [3, 5, 2, 3])
    yield _text(4, [4, 1, 3, 2])
    yield _text(1, [1])
    yield _text(1, [1, 1, 1])
    yield _text(2, [1])
    yield _text(2, [2])
    yield _text(9, [1, 9, 4])
    yield _text(30, range(1, 31))
    yield _text(30, range(29, 0, -1))
    yield _text(1500, [750] * 20)
    yield _text(1500, range(1, 1501))
    yield _text(1500, [1])
    yield _text(1500, _shuffled(rng, range(2, 1500)))
    yield _text(200, _shuffled(rng, [*range(1, 100), *range(101, 200)]))
    for n, m in ((10, 7), (50, 60), (300, 300), (1000, 1500), (1500, 1500)):
        yield _text(n, [rng.randint(1, n) for _ in range(m)])
