import random
import string
from collections.abc import Iterator


def case(ribbons: list[str]) -> str:
    return "\n".join([str(len(ribbons)), *ribbons]) + "\n"


def ribbon(rng: random.Random, length: int, colours: str) -> str:
    return "".join(rng.choice(colours) for _ in range(length))


def recoloured(rng: random.Random, text: str) -> str:
    letters = rng.sample(string.ascii_lowercase, 26)
    return text.translate(str.maketrans(string.ascii_lowercase, "".join(letters)))


def inputs(rng: random.Random) -> Iterator[str]:
    letters = string.ascii_lowercase
    yield case(["abba", "kook", "abab", "aabb", "zzzz"])
    yield case(["sun", "sky", "sea"])
    yield case(["a"])
    yield case(["a", "b", "c", "a"])
    yield case(["a" * length for length in range(1, 51)])
    yield case([letters, letters[::-1], letters[13:] + letters[:13]])
    yield case(["noon"] * 300)
    yield case(["abcabc", "abccba", "xyzxyz", "xyzzyx", "aabbcc", "aabbca"])
    yield case([letters + letters[:24], letters + letters[1:25], letters[::-1] + letters[:1:-1]])
    for n, length, colours in ((5, 3, "ab"), (12, 4, "ab"), (40, 5, "abc"), (300, 8, "xyz")):
        yield case([ribbon(rng, length, colours) for _ in range(n)])
    for n, length, kinds in ((20, 6, 3), (100, 10, 20), (150, 50, 60), (300, 25, 5)):
        bases = [ribbon(rng, length, "abcd") for _ in range(kinds)]
        yield case([recoloured(rng, rng.choice(bases)) for _ in range(n)])
    yield case([ribbon(rng, rng.randint(1, 50), letters) for _ in range(250)])
