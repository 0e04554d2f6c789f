"""Small typos: words that are one letter (in Korean one jamo) away from words that titles and tags have."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence

from api.problems.search.query import Term
from api.problems.tag_vocabulary import aliases

_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
# Conjoining jamo: initials, vowels, finals.
_JAMO = "".join(
    chr(code) for first, last in ((0x1100, 0x1112), (0x1161, 0x1175), (0x11A8, 0x11C2))
    for code in range(first, last + 1)
)  # fmt: skip
_LEAST_LETTERS, _LEAST_JAMO, _MOST = 4, 4, 24


def _near(word: str) -> Iterator[str]:
    """The spellings that are one insertion, deletion, replacement or swap away; none of a short or a long word."""
    text = unicodedata.normalize("NFD", word)
    is_latin = word.isascii()
    if not (_LEAST_LETTERS if is_latin else _LEAST_JAMO) <= len(text) <= _MOST or word.isdecimal():
        return
    letters = _LETTERS if is_latin else _JAMO
    for i in range(len(text) + 1):
        before, after = text[:i], text[i:]
        if after:
            yield before + after[1:]
            yield from (before + letter + after[1:] for letter in letters)
        if len(after) > 1:
            yield before + after[1] + after[0] + after[2:]
        yield from (before + letter + after for letter in letters)


def _known_near(word: str, counts: Sequence[Mapping[str, int]]) -> str | None:
    """The most frequent known word near one; None if there is none."""
    best, most = None, 0
    for text in set(_near(word)):
        spelling = text if text.isascii() else unicodedata.normalize("NFC", text)
        if spelling == word:
            continue
        count = sum(words.get(spelling, 0) for words in counts) or int(spelling in aliases())
        if count > most or (count == most and best is not None and count and spelling < best):
            best, most = spelling, count
    return best


def corrected(term: Term, counts: Sequence[Mapping[str, int]]) -> str | None:
    """What the words of a term may have meant; None if nothing is near.

    counts: how many titles have each word. A word of two that were joined is corrected too.
    """
    words = [_corrected_word(word, counts) for word in term.words]
    return None if None in words else " ".join(word for word in words if word is not None)


def _corrected_word(word: str, counts: Sequence[Mapping[str, int]]) -> str | None:
    if any(word in index_counts for index_counts in counts):
        return word
    near = _known_near(word, counts)
    if near is not None:
        return near
    for i in range(2, len(word) - 1):
        first, second = word[:i], word[i:]
        if any(first in index_counts for index_counts in counts):
            after = (
                second
                if any(second in index_counts for index_counts in counts)
                else _known_near(second, counts)
            )
            if after is not None:
                return f"{first} {after}"
        elif any(second in index_counts for index_counts in counts):
            before = _known_near(first, counts)
            if before is not None:
                return f"{before} {second}"
    return None
