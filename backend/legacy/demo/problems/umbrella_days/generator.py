"""Inputs of "Umbrella Days": a threshold and the rainfall of up to 1,000 days."""

import random
from collections.abc import Iterator, Sequence


def _text(k: int, rain: Sequence[int]) -> str:
    return f"{len(rain)} {k}\n{' '.join(map(str, rain))}\n"


def inputs(rng: random.Random) -> Iterator[str]:
    """Samples, edges, then random forecasts."""
    yield _text(10, [3, 12, 10, 9, 30])
    yield _text(1, [0, 0, 0])
    yield _text(0, [0])
    yield _text(500, [500])
    yield _text(500, [499])
    yield _text(7, [7] * 30)
    yield _text(50, range(0, 101, 5))
    yield _text(50, range(100, -1, -5))
    yield _text(0, [0, 0, 500, 0])
    yield _text(500, [500] * 1000)
    yield _text(20, [rng.choice((19, 20, 21)) for _ in range(200)])
    for length in (2, 5, 10, 50, 365, 1000):
        yield _text(rng.randint(0, 100), [rng.randint(0, 120) for _ in range(length)])
