"""The difference between an output and the expected output, line by line, with bounded work for any two texts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from api.history.output_comparison import compared_lines
from web.rendering.common_subsequence import common_pairs

Kind = Literal["same", "missing", "extra", "skipped"]

# Of more lines after the first difference a page shows no more than a reader can use.
MAX_LINES = 120
MAX_MARKED_LINES = 20
MAX_WORDS = 200
MAX_LINE = 400
CONTEXT = 3
_LEAD = 60
_WORDS = re.compile(r"\w+|\s+|[^\w\s]")
_VISIBLE = str.maketrans({" ": "·", "\t": "→"})


class Piece(NamedTuple):
    """A part of a line. Changed parts show spaces and tabs as marks, and other characters without a shape by code."""

    text: str
    is_changed: bool


class Row(NamedTuple):
    """A line of the difference view.

    `missing` was expected and not printed, `extra` was printed and not expected, `same` is both, and `skipped`
    stands for `lines` lines that are the same. Line numbers start at 1.
    """

    kind: Kind
    expected: int | None
    printed: int | None
    pieces: tuple[Piece, ...]
    lines: int = 0


class OutputDiff(NamedTuple):
    """The rows around all differences, none for equal outputs; `is_cut` if rows after the last one are left out."""

    rows: list[Row]
    expected_lines: int
    printed_lines: int
    is_cut: bool


def diff_outputs(expected: str, printed: str) -> OutputDiff:
    """Compares two outputs as the verdict does, see `api.history.output_comparison`.

    The CPU time is linear in the outputs, and bounded for what is between their first difference and their last.
    """
    expected_lines, printed_lines = compared_lines(expected), compared_lines(printed)
    start = _common(expected_lines, printed_lines)
    if start == len(expected_lines) == len(printed_lines):
        return OutputDiff([], len(expected_lines), len(printed_lines), False)
    end = _common(expected_lines[start:][::-1], printed_lines[start:][::-1])
    middle = (
        expected_lines[start : len(expected_lines) - end],
        printed_lines[start : len(printed_lines) - end],
    )
    is_cut = any(len(lines) > MAX_LINES for lines in middle)
    rows = _skipped(start - CONTEXT)
    rows += [
        Row("same", n + 1, n + 1, _plain(expected_lines[n])) for n in range(max(0, start - CONTEXT), start)
    ]
    rows += _folded(_middle(middle[0][:MAX_LINES], middle[1][:MAX_LINES], start))
    if not is_cut:
        ahead = len(printed_lines) - len(expected_lines)
        rows += [
            Row("same", n + 1, n + 1 + ahead, _plain(expected_lines[n]))
            for n in range(len(expected_lines) - end, len(expected_lines) - max(0, end - CONTEXT))
        ]
        rows += _skipped(end - CONTEXT)
    return OutputDiff(rows, len(expected_lines), len(printed_lines), is_cut)


def _common(first: Sequence[str], second: Sequence[str]) -> int:
    """The number of equal lines at the start."""
    for n, (left, right) in enumerate(zip(first, second, strict=False)):
        if left != right:
            return n
    return min(len(first), len(second))


def _skipped(lines: int) -> list[Row]:
    """The row that stands for so many equal lines, none for none."""
    return [Row("skipped", None, None, (), lines)] if lines > 0 else []


def _blocks(left: Sequence[str], right: Sequence[str]) -> Iterator[tuple[bool, int, int, int, int]]:
    """Whether the next elements are the same, and their ranges on both sides."""
    i = j = 0
    for m, n in [*common_pairs(left, right), (len(left), len(right))]:
        if m > i or n > j:
            yield False, i, m, j, n
        if m < len(left):
            yield True, m, m + 1, n, n + 1
        i, j = m + 1, n + 1


def _middle(expected_lines: Sequence[str], printed_lines: Sequence[str], offset: int) -> list[Row]:
    """The rows from the first difference to the last."""
    rows: list[Row] = []
    marked = 0
    for is_same, i1, i2, j1, j2 in _blocks(expected_lines, printed_lines):
        if is_same:
            rows.append(Row("same", offset + i1 + 1, offset + j1 + 1, _plain(expected_lines[i1])))
            continue
        pairs = min(i2 - i1, j2 - j1, max(0, MAX_MARKED_LINES - marked))
        marked += pairs
        sides = [_sides(expected_lines[i1 + n], printed_lines[j1 + n]) for n in range(pairs)]
        for n in range(i2 - i1):
            pieces = sides[n][0] if n < pairs else _whole(expected_lines[i1 + n])
            rows.append(Row("missing", offset + i1 + n + 1, None, pieces))
        for n in range(j2 - j1):
            pieces = sides[n][1] if n < pairs else _whole(printed_lines[j1 + n])
            rows.append(Row("extra", None, offset + j1 + n + 1, pieces))
    return rows


def _sides(expected: str, printed: str) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
    """The pieces of two corresponding lines, with the differing words marked."""
    if max(len(expected), len(printed)) > MAX_LINE:
        return _around(expected, printed)
    left, right = _WORDS.findall(expected), _WORDS.findall(printed)
    if max(len(left), len(right)) > MAX_WORDS:
        return _around(expected, printed)
    expected_pieces: list[Piece] = []
    printed_pieces: list[Piece] = []
    for is_same, i1, i2, j1, j2 in _blocks(left, right):
        _add(expected_pieces, "".join(left[i1:i2]), is_changed=not is_same)
        _add(printed_pieces, "".join(right[j1:j2]), is_changed=not is_same)
    return tuple(expected_pieces), tuple(printed_pieces)


def _add(pieces: list[Piece], text: str, *, is_changed: bool) -> None:
    """Adds a text, to the last piece if that is of the same kind."""
    if pieces and pieces[-1].is_changed == is_changed:
        text = pieces.pop().text + (_visible(text) if is_changed else text)
        pieces.append(Piece(text, is_changed))
    else:
        pieces += _piece(text, is_changed)


def _around(expected: str, printed: str) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
    """The parts of two long lines around the first difference."""
    at = next((n for n, (a, b) in enumerate(zip(expected, printed, strict=False)) if a != b), None)
    at = min(len(expected), len(printed)) if at is None else at
    first = max(0, at - _LEAD)
    lead = ("…" if first else "") + expected[first:at]
    sides = []
    for line in (expected, printed):
        tail = line[at : first + MAX_LINE]
        more = [Piece("…", False)] if len(line) > first + MAX_LINE else []
        sides.append((*_piece(lead, False), *_piece(tail, True), *more))
    return sides[0], sides[1]


def _piece(text: str, is_changed: bool) -> Iterator[Piece]:
    if text:
        yield Piece(_visible(text) if is_changed else text, is_changed)


def _visible(text: str) -> str:
    """The text with a mark for each character that a reader could not see, since those count as well."""
    marked = text.translate(_VISIBLE)
    if marked.isprintable():
        return marked
    return "".join(
        character if character.isprintable() else f"⟨U+{ord(character):04X}⟩" for character in marked
    )


def _plain(line: str) -> tuple[Piece, ...]:
    return (Piece(line if len(line) <= MAX_LINE else line[:MAX_LINE] + "…", False),)


def _whole(line: str) -> tuple[Piece, ...]:
    """A line that is only on one side; no word is marked."""
    return _plain(line)


def _folded(rows: list[Row]) -> list[Row]:
    """The rows with every run of lines far from a difference replaced by one row."""
    near = [False] * len(rows)
    for n, row in enumerate(rows):
        if row.kind != "same":
            for at in range(max(0, n - CONTEXT), min(len(rows), n + CONTEXT + 1)):
                near[at] = True
    folded: list[Row] = []
    for n, row in enumerate(rows):
        if near[n]:
            folded.append(row)
        elif folded and folded[-1].kind == "skipped":
            folded[-1] = folded[-1]._replace(lines=folded[-1].lines + 1)
        else:
            folded.append(Row("skipped", None, None, (), 1))
    return folded
