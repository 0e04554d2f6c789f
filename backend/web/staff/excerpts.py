"""The beginning of a long text, and how much of it is left out."""

from __future__ import annotations

from typing import NamedTuple

LINES, CHARACTERS = 6, 300


class Excerpt(NamedTuple):
    """A text's beginning, its size in bytes, and the characters that are not shown."""

    text: str
    size: int
    left_out: int


def excerpt_of(text: str) -> Excerpt:
    """The first lines of a text, at most 6 of them and 300 characters."""
    end = 0
    for _ in range(LINES):
        following = text.find("\n", end, CHARACTERS)
        if following < 0:
            end = min(len(text), CHARACTERS)
            break
        end = following + 1
    return Excerpt(text[:end], len(text.encode()), len(text) - end)
