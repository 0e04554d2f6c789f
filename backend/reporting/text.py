"""Shortened texts and tables, for terminals and for Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence


def shorten(text: str, length: int = 60) -> str:
    """The text, cut to `length` characters with `...` at its end if it is longer."""
    return text if len(text) <= length else f"{text[: length - 3]}..."


# Control characters but tab and line end, those that turn the direction of text, and halves of surrogate pairs.
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def printable(text: str) -> str:
    """The text with escapes (`\\u001b`) in place of characters that control a terminal; JSON remains the same JSON."""
    return _CONTROLS.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def one_line(text: str, length: int) -> str:
    """The first `length` characters of a text from the data, with its line ends and control characters escaped."""
    return printable(text[:length]).replace("\n", "\\n")


def text_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table for a terminal: the first column is aligned to the left, the others to the right."""
    lines = [list(head), *[list(row) for row in rows]]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    aligned = [
        "  ".join(
            cell.rjust(width) if column else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        for line in lines
    ]
    return "\n".join([aligned[0], "  ".join("-" * width for width in widths), *aligned[1:]])


def markdown_table(head: Sequence[str], rows: Iterable[Sequence[str]], right: int = 0) -> str:
    """A Markdown table whose last `right` columns are aligned to the right; `|` in cells is escaped."""
    columns = len(head)
    rule = ["---:" if column >= columns - right else "---" for column in range(columns)]
    lines = [head, rule, *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
