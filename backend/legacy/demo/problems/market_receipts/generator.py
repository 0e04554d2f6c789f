"""Inputs of "Market Receipts": up to 400 lines of a name, a quantity and a price."""

import random
from collections.abc import Iterator, Sequence

GOODS = (
    "apple",
    "barley",
    "carp",
    "dates",
    "eggs",
    "figs",
    "garlic",
    "honey",
    "kelp",
    "leek",
    "millet",
    "pears",
)


def _text(lines: Sequence[tuple[str, int, int]]) -> str:
    return f"{len(lines)}\n" + "".join(f"{name} {quantity} {price}\n" for name, quantity, price in lines)


def _name(rng: random.Random, letters: str, longest: int) -> str:
    return "".join(rng.choices(letters, k=rng.randint(1, longest)))


def inputs(rng: random.Random) -> Iterator[str]:
    """Samples, edges, then random receipts."""
    yield _text([("apple", 3, 500), ("fish", 1, 2400), ("apple", 2, 450), ("rice", 1, 3000)])
    yield _text([("pear", 2, 300), ("corn", 1, 900)])
    yield _text([("a", 1, 1)])
    yield _text([("z", 99, 9999)])
    yield _text([("b", 1, 10), ("a", 1, 10)])
    yield _text([("a", 1, 10), ("b", 1, 10), ("aa", 1, 10), ("ab", 2, 5)])
    yield _text([("salt", 1, price) for price in range(1, 30)])
    yield _text([(name, 1, 100 - at) for at, name in enumerate(GOODS)])
    yield _text([(name, 1, 100 + at) for at, name in enumerate(GOODS)])
    yield _text([("honey", 99, 9999)] * 400)
    yield _text([(f"{chr(97 + at // 26)}{chr(97 + at % 26)}", 1, 5) for at in range(400)])
    yield _text([(rng.choice("abc"), rng.randint(1, 3), rng.randint(1, 3)) for _ in range(20)])
    for number, quantity, price in ((10, 9, 100), (60, 20, 500), (200, 99, 9999), (400, 99, 9999)):
        yield _text(
            [(rng.choice(GOODS), rng.randint(1, quantity), rng.randint(1, price)) for _ in range(number)]
        )
    yield _text([(_name(rng, "xyz", 3), rng.randint(1, 4), rng.randint(1, 4)) for _ in range(300)])
    yield _text([(_name(rng, "abcdefgh", 8), rng.randint(1, 99), rng.randint(1, 9999)) for _ in range(400)])
