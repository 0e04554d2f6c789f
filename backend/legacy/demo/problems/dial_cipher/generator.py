"""Inputs of "Dial Cipher": a key and an encrypted text of up to 2,000 characters."""

import random
from collections.abc import Iterator

LOWER = "abcdefghijklmnopqrstuvwxyz"
UPPER = LOWER.upper()
OTHER = "0123456789 .,!?"


def _text(rng: random.Random, alphabet: str, length: int) -> str:
    text = "".join(rng.choices(alphabet, k=length))
    return "!" + text[1:-1] + "?" if text != text.strip() else text


def _key(rng: random.Random, length: int) -> str:
    return "".join(rng.choices("0123456789", k=length))


def inputs(rng: random.Random) -> Iterator[str]:
    """Samples, edges, then random texts."""
    yield "13\nThb, fbop!\n"
    yield "204\nNiklx qp\n"
    yield "0\na\n"
    yield "1\na\n"
    yield "9\nA\n"
    yield "9\n7\n"
    yield "000\nNothing is shifted. Nothing!\n"
    yield f"5\n{LOWER}\n"
    yield f"5\n{UPPER}\n"
    yield f"123456789\n{LOWER}{UPPER}\n"
    yield "12345678901234567890123456789012345678901234567890\nshort\n"
    yield "7\n0123456789 .,!? 0123456789\n"
    yield f"{'9' * 50}\n{'a' * 2000}\n"
    yield f"{_key(rng, 50)}\n{'zZ' * 1000}\n"
    for alphabet, key_length, length in (
        (LOWER[9:], 2, 40),
        (LOWER, 3, 200),
        (LOWER + UPPER, 7, 500),
        (LOWER + "     ", 10, 1000),
        (LOWER + UPPER + OTHER, 50, 2000),
    ):
        yield f"{_key(rng, key_length)}\n{_text(rng, alphabet, length)}\n"
