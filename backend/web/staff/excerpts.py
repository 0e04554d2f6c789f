"""The beginning of a long text, and how much of it is left out."""

from __future__ import annotations

from typing import NamedTuple

LINES, CHARACTERS = 6, 300


class Excerpt(NamedTuple):
    """A text's beginning, None where nothing of it was read; its size in bytes; the characters that are left out."""

    text: str | None
    size: int | None
    left_out: int

    @property
    def is_shown(self) -> bool:
        """Whether something of it is there to be seen."""
        return bool(self.text)

    @property
    def is_whole(self) -> bool:
        """Whether all of it is there."""
        return self.text is not None and not self.left_out


def excerpt_of(text: str | None, size: int | None = None) -> Excerpt:
    """The first lines of a text, at most 6 of them and 300 characters; `size` is for a text that was not read."""
    if text is None:
        return Excerpt(None, size, 0)
    end = 0
    for _ in range(LINES):
        following = text.find("\n", end, CHARACTERS)
        if following < 0:
            end = min(len(text), CHARACTERS)
            break
        end = following + 1
    return Excerpt(text[:end], len(text.encode()), len(text) - end)
