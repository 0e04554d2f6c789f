"""Differences: what was expected, what was printed, and where they part."""

from __future__ import annotations

import pytest

from web.rendering.differences import CONTEXT, MAX_LINE, MAX_LINES, Row, difference


def shown(rows: list[Row]) -> list[str]:
    signs = {"same": " ", "missing": "-", "extra": "+", "skipped": "~"}
    return [
        signs[row.kind] + (str(row.lines) if row.kind == "skipped" else "".join(p.text for p in row.pieces))
        for row in rows
    ]


@pytest.mark.parametrize(
    ("expected", "printed"), [("1\n2\n", "1\n2"), ("1  \n2", "1\n2\n\n"), ("1\r\n2", "1\n2"), ("", "\n")]
)
def test_what_is_judged_to_be_the_same_has_no_difference(expected: str, printed: str) -> None:
    assert difference(expected, printed).rows == []


def test_a_wrong_line_stands_below_the_expected_one() -> None:
    found = difference("a\nb\nc", "a\nB\nc")
    assert shown(found.rows) == [" a", "-b", "+B", " c"]
    assert [(row.expected, row.printed) for row in found.rows] == [(1, 1), (2, None), (None, 2), (3, 3)]


def test_line_numbers_go_on_after_a_missing_line() -> None:
    found = difference("a\nb\nc\nd", "a\nc\nd")
    assert shown(found.rows) == [" a", "-b", " c", " d"]
    assert [(row.expected, row.printed) for row in found.rows] == [(1, 1), (2, None), (3, 2), (4, 3)]


def test_words_that_differ_are_marked_and_spaces_made_visible() -> None:
    missing, extra = difference("sum: 10", "sum:  11").rows
    assert [piece.text for piece in missing.pieces if piece.is_changed] == ["·10"]
    assert [piece.text for piece in extra.pieces if piece.is_changed] == ["··11"]


def test_nothing_printed_misses_every_line() -> None:
    assert shown(difference("1\n2", "").rows) == ["-1", "-2"]


def test_what_is_far_from_a_difference_is_folded() -> None:
    lines = [str(n) for n in range(1000)]
    rows = difference("\n".join(lines), "\n".join([*lines[:500], "x", *lines[501:]])).rows
    assert shown(rows)[0] == f"~{500 - CONTEXT}"
    assert shown(rows)[-1] == f"~{499 - CONTEXT}"
    assert len(rows) == 2 + 2 * CONTEXT + 2


def test_many_differences_are_cut_and_say_so() -> None:
    found = difference("\n".join("0" * 5000), "\n".join("1" * 5000))
    assert found.is_cut
    assert len(found.rows) == 2 * MAX_LINES
    assert found.expected_lines == found.printed_lines == 5000


def test_a_very_long_line_is_shown_around_its_first_difference() -> None:
    expected = " ".join(str(n) for n in range(3000))
    missing, extra = difference(expected, expected.replace("1500", "x")).rows
    assert all(sum(len(piece.text) for piece in row.pieces) <= MAX_LINE + 2 for row in (missing, extra))
    assert missing.pieces[0].text.startswith("…")
    assert missing.pieces[1].text.startswith("1500")
    assert extra.pieces[1].text.startswith("x")


def test_a_long_line_that_only_ends_early_shows_where() -> None:
    missing, extra = difference("1" * 500, "1" * 450).rows
    assert missing.pieces[1].text == "1" * 50
    assert not any(piece.is_changed for piece in extra.pieces)
