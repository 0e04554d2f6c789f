"""Inputs of "Paper Kite Pattern": an odd size; a few of all sizes."""

import random
from collections.abc import Iterator


def inputs(rng: random.Random) -> Iterator[str]:
    """Samples, the smallest and largest sizes, then some between them."""
    for size in (5, 3, 1, 7, 9, 11, 13, 15, 77, 79):
        yield f"{size}\n"
    for size in rng.sample(range(17, 77, 2), 7):
        yield f"{size}\n"
