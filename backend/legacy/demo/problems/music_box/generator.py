import random
from collections.abc import Iterator


def case(drum: str, melody: str) -> str:
    return f"{drum}\n{melody}\n"


def notes(rng: random.Random, length: int, letters: str) -> str:
    return "".join(rng.choice(letters) for _ in range(length))


def played(drum: str, start: int, length: int) -> str:
    return "".join(drum[(start + i) % len(drum)] for i in range(length))


def inputs(rng: random.Random) -> Iterator[str]:
    yield case("doremido", "dodo")
    yield case("ababa", "aba")
    yield case("a", "a")
    yield case("a", "b")
    yield case("a", "a" * 3900)
    yield case("a" * 3900, "a" * 3900)
    yield case("a" * 3899 + "b", "a" * 3000)
    yield case("ab", "ba" * 1500)
    yield case("ab", "ab" * 1500 + "b")
    yield case("abcabcabc", "cabcabcabcab")
    yield case("abcdefghijklmnopqrstuvwxyz", "yzab")
    yield case("aabaaab", "aabaaabaabaaab")
    yield case("abab" * 900, "baba" * 100)
    for n, m in ((6, 2), (10, 3), (12, 5), (30, 4)):
        yield case(notes(rng, n, "ab"), notes(rng, m, "ab"))
    for n, m in ((7, 20), (50, 300), (3900, 12), (3000, 3900)):
        drum = notes(rng, n, "abc")
        yield case(drum, played(drum, rng.randrange(n), m))
    yield case(notes(rng, 3800, "ab"), notes(rng, 8, "ab"))
