"""Excerpts of long texts: the beginning, and how much is left out."""

from __future__ import annotations

from typing import NamedTuple

MAX_LINES = 6
MAX_CHARACTERS = 240
# For a text that its reader works with. One up to 25 % longer is shown whole: a cut would save nothing.
LONG_CHARACTERS = 4000
_LEEWAY = 1.25


class Excerpt(NamedTuple):
    """The beginning of a text, None if it was not read; its size in bytes; the number of characters left out."""

    text: str | None
    size: int | None
    left_out: int

    @property
    def is_whole(self) -> bool:
        """Whether nothing is left out."""
        return self.text is not None and not self.left_out


def excerpt(
    text: str | None, size: int | None = None, *, lines: int = MAX_LINES, characters: int = MAX_CHARACTERS
) -> Excerpt:
    """At most `lines` lines and `characters` characters of a text. Line breaks at its end do not count.

    `size` is the size in bytes of a text that was not read (None).
    """
    if text is None:
        return Excerpt(None, size, 0)
    trimmed = text.rstrip("\n")
    beginning = "\n".join(trimmed[: characters + 1].split("\n")[:lines])[:characters]
    return Excerpt(beginning, len(text.encode()), len(trimmed) - len(beginning))


def long_excerpt(text: str) -> Excerpt:
    """The beginning of a text that its reader works with; whole up to 5,000 characters, of any number of lines."""
    characters = LONG_CHARACTERS if len(text) > LONG_CHARACTERS * _LEEWAY else len(text)
    return excerpt(text, lines=characters + 1, characters=characters)
