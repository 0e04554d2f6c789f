"""Inputs of "Weekend Coin Jar": days, coins of the first day, and the daily increase."""

import random
from collections.abc import Iterator


def inputs(rng: random.Random) -> Iterator[str]:
    """Samples, edges around multiples of seven, then random numbers."""
    yield "7 1 2\n"
    yield "3 10 0\n"
    yield "1 0 0\n"
    yield "1 1000 1000\n"
    yield "6 5 1\n"
    yield "7 1 0\n"
    yield "8 1 0\n"
    yield "13 3 3\n"
    yield "14 3 3\n"
    yield "365 0 1\n"
    yield "3650 0 0\n"
    yield "3650 1000 1000\n"
    yield "3647 999 997\n"
    for most in (20, 20, 100, 100, 1000, 3650):
        yield f"{rng.randint(1, most)} {rng.randint(0, 1000)} {rng.randint(0, 1000)}\n"
