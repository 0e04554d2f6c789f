"""Inputs of "The Coldest Dawn": temperatures of up to 1,000 days."""

import random
from collections.abc import Iterator, Sequence


def _text(temperatures: Sequence[int]) -> str:
    return f"{len(temperatures)}\n{' '.join(map(str, temperatures))}\n"


def inputs(rng: random.Random) -> Iterator[str]:
    """Samples, edges, then random winters."""
    yield _text([-12, -31, 4, -30, -31, 0])
    yield _text([15, 8, 9])
    yield _text([0])
    yield _text([400])
    yield _text([-600])
    yield _text([-7] * 40)
    yield _text(range(-50, 50, 3))
    yield _text(range(50, -50, -3))
    yield _text([-600, *[400] * 20])
    yield _text([*[400] * 20, -600])
    yield _text([0, 0, 5, 0, 5])
    yield _text([3, 2, 1, 2, 1, 3])
    yield _text([-600] * 1000)
    for low, high, length in ((-600, 400, 1000), (-20, 5, 300), (1, 9, 100), (-3, 3, 50), (-600, -590, 365)):
        yield _text([rng.randint(low, high) for _ in range(length)])
