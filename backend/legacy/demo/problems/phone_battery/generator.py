"""Inputs of "Phone on a Journey": a first battery level and events."""

import random
from collections.abc import Iterator, Sequence


def _text(start: int, events: Sequence[int]) -> str:
    lines = [f"{'+' if change > 0 else '-'} {abs(change)}" for change in events]
    return f"{len(events)} {start}\n" + "\n".join(lines) + "\n"


def inputs(rng: random.Random) -> Iterator[str]:
    """Samples, edges at 0 and 100, then random journeys."""
    yield _text(30, [-50, -10, 90, 40, -25])
    yield _text(50, [-20, 30])
    yield _text(1, [-1])
    yield _text(1, [1])
    yield _text(100, [-100])
    yield _text(100, [100])
    yield _text(100, [100, -100])
    yield _text(10, [-10, -10, -10, 10, -10])
    yield _text(99, [2, -1, 2, -1])
    yield _text(60, [-1] * 70)
    yield _text(1, [1] * 120)
    yield _text(100, [-100, 100] * 500)
    yield _text(50, [-100] * 1000)
    for most, length in ((5, 40), (20, 100), (60, 300), (100, 1000), (100, 1000)):
        yield _text(rng.randint(1, 100), [rng.choice((-1, 1)) * rng.randint(1, most) for _ in range(length)])
