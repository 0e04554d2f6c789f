"""Inputs of "Turning a Photo": photos of up to 80 x 80 cells."""

import random
from collections.abc import Iterator, Sequence


def _text(k: int, photo: Sequence[str]) -> str:
    return f"{len(photo)} {len(photo[0])} {k}\n" + "\n".join(photo) + "\n"


def _photo(rng: random.Random, height: int, width: int, cells: str = "....+*") -> list[str]:
    return ["".join(rng.choices(cells, k=width)) for _ in range(height)]


def inputs(rng: random.Random) -> Iterator[str]:
    """Samples, edges, then random photos."""
    yield _text(1, ["+..", ".*."])
    yield _text(2, ["*+", ".."])
    yield _text(0, ["."])
    yield _text(1, ["*"])
    yield _text(1000000000, ["*.", "+."])
    yield _text(1, ["*..+"])
    yield _text(1, ["*", ".", "+"])
    yield _text(3, ["*..+", "...."])
    yield _text(4, ["*..", "+.."])
    yield _text(999999999, ["*.+", "..."])
    yield _text(1, ["." * 80] * 80)
    yield _text(3, _photo(rng, 80, 80))
    yield _text(1, _photo(rng, 80, 1))
    yield _text(1, _photo(rng, 1, 80))
    for height, width in ((3, 3), (5, 5), (4, 7), (40, 30), (17, 80), (80, 79)):
        yield _text(rng.randint(0, 10**9), _photo(rng, height, width))
