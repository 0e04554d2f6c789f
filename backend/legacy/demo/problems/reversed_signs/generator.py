"""Inputs of "Signs in the Mirror": lines of words of letters and digits."""

import random
from collections.abc import Iterator, Sequence

LETTERS = "abcdefghijklmnopqrstuvwxyz"
DIGITS = "0123456789"


def _text(signs: Sequence[str]) -> str:
    return "\n".join((str(len(signs)), *signs)) + "\n"


def _sign(rng: random.Random, alphabets: Sequence[str], longest: int) -> str:
    words: list[str] = []
    while True:
        word = "".join(rng.choices(rng.choice(alphabets), k=rng.randint(1, 9)))
        if len(" ".join((*words, word))) > longest:
            return " ".join(words) or word[:longest]
        words.append(word)


def inputs(rng: random.Random) -> Iterator[str]:
    """Samples, edges, then random signs."""
    yield _text(["exit 12 b2", "ticket office"])
    yield _text(["no way out"])
    yield _text(["a"])
    yield _text(["7"])
    yield _text(["10"])
    yield _text(["level noon"])
    yield _text(["007 agent7 7agent"])
    yield _text(["x" * 99 + "y"])
    yield _text(["1" * 99 + "2"])
    yield _text([" ".join("abcde" * 10)])
    yield _text(["stairs", "12", "stairs 12", "12 stairs", "12stairs"])
    yield _text(["ab" * 50] * 50)
    for alphabets, number, longest in (
        ((LETTERS,), 10, 30),
        ((LETTERS,), 50, 100),
        ((LETTERS, DIGITS), 20, 60),
        ((LETTERS, DIGITS, LETTERS[:3] + DIGITS), 50, 100),
        ((LETTERS[:2] + DIGITS[:2],), 50, 40),
    ):
        yield _text([_sign(rng, alphabets, longest) for _ in range(number)])
