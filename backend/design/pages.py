"""Sizes of typical items, and how a page of a spread list is read."""

from __future__ import annotations

from functools import lru_cache
from math import comb

from design.samples import samples


@lru_cache(maxsize=64)
def size(name: str) -> int:
    """Bytes of the typical item of an entity, or of an index image (`user_image`, `run_image`)."""
    if name == "user_image":
        return samples().user_image
    return samples().run_image if name == "run_image" else samples().size(name)


def first_read(limit: int, ranges: int) -> int:
    """How many entries the first Query of each range asks for; the repositories' `merged_pages` rule."""
    return limit + 1 if ranges == 1 else -(-limit // ranges) + 4


def chance_of_more(limit: int, ranges: int) -> float:
    """The chance that a page of a list spread by chance needs a further Query of one of its ranges."""
    share, read = 1 / ranges, first_read(limit, ranges)
    # Of the entries before the page's last one, a range has as many as were read from it, or more.
    below = sum(comb(limit - 1, n) * share**n * (1 - share) ** (limit - 1 - n) for n in range(read))
    return min(1.0, ranges * (1 - below))
