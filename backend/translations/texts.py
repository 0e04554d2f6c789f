"""A text that pages show, as the catalogue keys it, and how texts of several places become one."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

_PERCENT = re.compile(r"%(?:\(\w+\))?[sd]|%%")
_BRACES = re.compile(r"\{\w+\}")


@dataclass(frozen=True, order=True)
class Text:
    """An English text: alone, or with the form for several, or told apart from an equal one by its context."""

    singular: str
    plural: str = ""
    context: str = ""

    @property
    def flag(self) -> str | None:
        """Which of its pieces a translation must keep: those of `%`, of braces, or none."""
        if _PERCENT.search(self.singular + self.plural):
            return "python-format"
        return "python-brace-format" if _BRACES.search(self.singular) else None


@dataclass(frozen=True)
class Placed:
    """A text and a file that shows it."""

    text: Text
    file: str


def by_text(found: Iterable[Placed]) -> dict[Text, list[str]]:
    """The files of each text; texts in the order of their first file, then of the alphabet."""
    files: dict[Text, set[str]] = {}
    for placed in found:
        files.setdefault(placed.text, set()).add(placed.file)
    ordered = sorted(files, key=lambda text: (min(files[text]), text))
    return {text: sorted(files[text]) for text in ordered}


def pieces(text: str) -> list[str]:
    """What of a text is replaced by values, sorted: a translation has the same."""
    return sorted({*_PERCENT.findall(text), *_BRACES.findall(text)} - {"%%"})
