"""How an output differs from the expected one, line by line, within bounds that any two texts keep."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import Literal, NamedTuple

from api.history.recording import compared_lines

Kind = Literal["same", "missing", "extra", "skipped"]

# difflib takes up to the cube of the lines; what follows these after the first difference is left out.
MAX_LINES = 120
MAX_MARKED_LINES = 20
MAX_WORDS = 200
MAX_LINE = 400
CONTEXT = 3
_LEAD = 60
_WORDS = re.compile(r"\w+|\s+|[^\w\s]")
_VISIBLE = str.maketrans({" ": "·", "\t": "→"})


class Piece(NamedTuple):
    """A part of a line; in a changed part spaces are made visible."""

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


class Difference(NamedTuple):
    """The rows around all differences; `is_cut` when there is more after the last row. No rows: no difference."""

    rows: list[Row]
    expected_lines: int
    printed_lines: int
    is_cut: bool


def difference(expected: str, printed: str) -> Difference:
    """How `printed` differs from `expected`, compared as runs are judged: spaces at ends of lines do not count."""
    wanted, given = compared_lines(expected), compared_lines(printed)
    start = _common(wanted, given)
    if start == len(wanted) == len(given):
        return Difference([], len(wanted), len(given), False)
    end = _common(wanted[start:][::-1], given[start:][::-1])
    middle = wanted[start : len(wanted) - end], given[start : len(given) - end]
    is_cut = any(len(lines) > MAX_LINES for lines in middle)
    rows = [Row("same", n + 1, n + 1, _plain(wanted[n])) for n in range(start)]
    rows += _middle(middle[0][:MAX_LINES], middle[1][:MAX_LINES], start)
    if not is_cut:
        ahead = len(given) - len(wanted)
        rows += [
            Row("same", n + 1, n + 1 + ahead, _plain(wanted[n]))
            for n in range(len(wanted) - end, len(wanted))
        ]
    return Difference(_folded(rows), len(wanted), len(given), is_cut)


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    """How many lines at the beginning are the same."""
    for n, (left, right) in enumerate(zip(one, other, strict=False)):
        if left != right:
            return n
    return min(len(one), len(other))


def _middle(wanted: Sequence[str], given: Sequence[str], offset: int) -> list[Row]:
    """The rows from the first difference to the last."""
    rows: list[Row] = []
    marked = 0
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, wanted, given, autojunk=False).get_opcodes():
        if tag == "equal":
            for n in range(i2 - i1):
                rows.append(Row("same", offset + i1 + n + 1, offset + j1 + n + 1, _plain(wanted[i1 + n])))
            continue
        pairs = min(i2 - i1, j2 - j1, max(0, MAX_MARKED_LINES - marked))
        marked += pairs
        sides = [_sides(wanted[i1 + n], given[j1 + n]) for n in range(pairs)]
        for n in range(i2 - i1):
            pieces = sides[n][0] if n < pairs else _whole(wanted[i1 + n])
            rows.append(Row("missing", offset + i1 + n + 1, None, pieces))
        for n in range(j2 - j1):
            pieces = sides[n][1] if n < pairs else _whole(given[j1 + n])
            rows.append(Row("extra", None, offset + j1 + n + 1, pieces))
    return rows


def _sides(wanted: str, given: str) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
    """Two lines that stand for each other, with the words marked by which they differ."""
    if max(len(wanted), len(given)) > MAX_LINE:
        return _around(wanted, given)
    left, right = _WORDS.findall(wanted), _WORDS.findall(given)
    if max(len(left), len(right)) > MAX_WORDS:
        return _around(wanted, given)
    ours: list[Piece] = []
    theirs: list[Piece] = []
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        ours += _piece("".join(left[i1:i2]), tag != "equal")
        theirs += _piece("".join(right[j1:j2]), tag != "equal")
    return tuple(ours), tuple(theirs)


def _around(wanted: str, given: str) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
    """Two long lines: what stands around the first difference."""
    at = next((n for n, (a, b) in enumerate(zip(wanted, given, strict=False)) if a != b), None)
    at = min(len(wanted), len(given)) if at is None else at
    first = max(0, at - _LEAD)
    lead = ("…" if first else "") + wanted[first:at]
    found = []
    for line in (wanted, given):
        rest = line[at : first + MAX_LINE]
        more = [Piece("…", False)] if len(line) > first + MAX_LINE else []
        found.append((*_piece(lead, False), *_piece(rest, True), *more))
    return found[0], found[1]


def _piece(text: str, is_changed: bool) -> Iterator[Piece]:
    if text:
        yield Piece(text.translate(_VISIBLE) if is_changed else text, is_changed)


def _plain(line: str) -> tuple[Piece, ...]:
    return (Piece(line if len(line) <= MAX_LINE else line[:MAX_LINE] + "…", False),)


def _whole(line: str) -> tuple[Piece, ...]:
    """A line that is missing or extra as a whole: the row says so, no word needs a mark."""
    return _plain(line)


def _folded(rows: list[Row]) -> list[Row]:
    """The rows with what is far from any difference folded into one row for each such part."""
    near = [False] * len(rows)
    for n, row in enumerate(rows):
        if row.kind != "same":
            for at in range(max(0, n - CONTEXT), min(len(rows), n + CONTEXT + 1)):
                near[at] = True
    found: list[Row] = []
    for n, row in enumerate(rows):
        if near[n]:
            found.append(row)
        elif found and found[-1].kind == "skipped":
            found[-1] = found[-1]._replace(lines=found[-1].lines + 1)
        else:
            found.append(Row("skipped", None, None, (), 1))
    return found
