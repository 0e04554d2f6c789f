"""Long texts shortened visibly: their beginning, and how much is left out."""

from __future__ import annotations

from typing import NamedTuple

MAX_LINES = 6
MAX_CHARACTERS = 240


class Shortened(NamedTuple):
    """The beginning of a text; `rest` is how many characters are left out."""

    text: str
    rest: int


def shorten(text: str, *, lines: int = MAX_LINES, characters: int = MAX_CHARACTERS) -> Shortened:
    """At most so many lines and characters of a text; a line break at its end does not count."""
    whole = text.rstrip("\n")
    shown = "\n".join(whole[: characters + 1].split("\n")[:lines])[:characters]
    return Shortened(shown, len(whole) - len(shown))
