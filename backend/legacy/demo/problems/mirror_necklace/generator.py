"""Inputs of "Mending a Mirror Necklace": strings of up to 5,000 letters."""

import random
from collections.abc import Iterator

LETTERS = "abcdefghijklmnopqrstuvwxyz"


def _letters(rng: random.Random, alphabet: str, length: int) -> str:
    return "".join(rng.choices(alphabet, k=length))


def _damaged(rng: random.Random, length: int, number: int) -> str:
    """A palindrome of which some letters were replaced."""
    half = _letters(rng, LETTERS, length // 2)
    letters = list(half + "x" * (length % 2) + half[::-1])
    for at in rng.sample(range(length), number):
        letters[at] = rng.choice(LETTERS)
    return "".join(letters)


def inputs(rng: random.Random) -> Iterator[str]:
    """Samples, edges, then random necklaces."""
    yield "moon\n"
    yield "level\n"
    yield "a\n"
    yield "zz\n"
    yield "az\n"
    yield "za\n"
    yield "abc\n"
    yield "cba\n"
    yield LETTERS + "\n"
    yield LETTERS[::-1] + "\n"
    yield "k" * 5000 + "\n"
    yield "a" * 2500 + "b" * 2500 + "\n"
    yield "b" * 2500 + "m" + "a" * 2499 + "\n"
    yield _damaged(rng, 30, 3) + "\n"
    yield _damaged(rng, 501, 20) + "\n"
    yield _damaged(rng, 5000, 100) + "\n"
    for alphabet, length in (("ab", 12), ("xyz", 99), (LETTERS, 1000), (LETTERS, 4999)):
        yield _letters(rng, alphabet, length) + "\n"
