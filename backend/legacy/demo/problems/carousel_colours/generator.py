"""Inputs of "Carousel Colours": strings of up to 5,000 letters, many with long stretches."""

import random
from collections.abc import Iterator


def _stretches(rng: random.Random, letters: str, total: int, longest: int) -> str:
    text = ""
    while len(text) < total:
        text += rng.choice(letters) * rng.randint(1, longest)
    return text[:total]


def inputs(rng: random.Random) -> Iterator[str]:
    """Samples, edges, then random circles."""
    yield "rrgbbr\n"
    yield "abcabc\n"
    yield "z\n"
    yield "aa\n"
    yield "ab\n"
    yield "aba\n"
    yield "abbbba\n"
    yield "a" * 30 + "b" + "a" * 12 + "\n"
    yield "ab" * 50 + "\n"
    yield "abcdefghijklmnopqrstuvwxyz\n"
    yield "q" * 5000 + "\n"
    yield "q" * 2500 + "w" + "q" * 2499 + "\n"
    yield "w" * 4999 + "q\n"
    yield "xy" * 2500 + "\n"
    for letters, total, longest in (
        ("ab", 20, 3),
        ("abc", 100, 9),
        ("rgb", 1000, 30),
        ("abcdefgh", 5000, 60),
        ("mn", 5000, 2),
    ):
        yield _stretches(rng, letters, total, longest) + "\n"
