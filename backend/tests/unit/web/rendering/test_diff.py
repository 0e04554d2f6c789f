"""Differences: what was expected, what was printed, and where they part."""

from __future__ import annotations

import random
from functools import partial

import pytest

from tests.support.cpu_time import cpu_seconds
from web.rendering.diff import CONTEXT, MAX_LINE, MAX_LINES, MAX_MARKED_LINES, MAX_WORDS, Row, diff_outputs


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
    assert diff_outputs(expected, printed).rows == []


def test_a_wrong_line_stands_below_the_expected_one() -> None:
    found = diff_outputs("a\nb\nc", "a\nB\nc")
    assert shown(found.rows) == [" a", "-b", "+B", " c"]
    assert [(row.expected, row.printed) for row in found.rows] == [(1, 1), (2, None), (None, 2), (3, 3)]


def test_line_numbers_go_on_after_a_missing_line() -> None:
    found = diff_outputs("a\nb\nc\nd", "a\nc\nd")
    assert shown(found.rows) == [" a", "-b", " c", " d"]
    assert [(row.expected, row.printed) for row in found.rows] == [(1, 1), (2, None), (3, 2), (4, 3)]


def test_words_that_differ_are_marked_and_spaces_made_visible() -> None:
    missing, extra = diff_outputs("sum: 10", "sum:  11").rows
    assert [piece.text for piece in missing.pieces if piece.is_changed] == ["·10"]
    assert [piece.text for piece in extra.pieces if piece.is_changed] == ["··11"]


@pytest.mark.parametrize(
    ("end", "mark"), [("\xa0", "U+00A0"), ("\u2028", "U+2028"), ("\x0c", "U+000C"), ("\u200b", "U+200B")]
)
def test_a_character_without_a_shape_that_makes_the_difference_is_shown_by_its_code(
    end: str, mark: str
) -> None:
    missing, extra = diff_outputs("sum: 10", f"sum: 10{end}").rows
    assert not any(piece.is_changed for piece in missing.pieces)
    assert [piece.text for piece in extra.pieces if piece.is_changed] == [f"⟨{mark}⟩"]


def test_nothing_printed_misses_every_line() -> None:
    assert shown(diff_outputs("1\n2", "").rows) == ["-1", "-2"]


def test_what_is_far_from_a_difference_is_folded() -> None:
    lines = [str(n) for n in range(1000)]
    rows = diff_outputs("\n".join(lines), "\n".join([*lines[:500], "x", *lines[501:]])).rows
    assert shown(rows)[0] == f"~{500 - CONTEXT}"
    assert shown(rows)[-1] == f"~{499 - CONTEXT}"
    assert len(rows) == 2 + 2 * CONTEXT + 2


def test_many_differences_are_cut_and_say_so() -> None:
    found = diff_outputs("\n".join("0" * 5000), "\n".join("1" * 5000))
    assert found.is_cut
    assert len(found.rows) == 2 * MAX_LINES
    assert found.expected_lines == found.printed_lines == 5000


def test_a_very_long_line_is_shown_around_its_first_difference() -> None:
    expected = " ".join(str(n) for n in range(3000))
    missing, extra = diff_outputs(expected, expected.replace("1500", "x")).rows
    assert all(sum(len(piece.text) for piece in row.pieces) <= MAX_LINE + 2 for row in (missing, extra))
    assert missing.pieces[0].text.startswith("…")
    assert missing.pieces[1].text.startswith("1500")
    assert extra.pieces[1].text.startswith("x")


def test_a_long_line_that_only_ends_early_shows_where() -> None:
    missing, extra = diff_outputs("1" * 500, "1" * 450).rows
    assert missing.pieces[1].text == "1" * 50
    assert not any(piece.is_changed for piece in extra.pieces)


def lines_of(words: int, seed: int) -> str:
    """120 lines of random digits, as two runs of a program might print them."""
    chance = random.Random(seed)
    return "\n".join(" ".join(chance.choices("0123456789", k=words)) for _ in range(MAX_LINES))


def test_the_number_of_pieces_is_bounded_whatever_the_outputs() -> None:
    for words in (1, 20, 100, 400):
        rows = diff_outputs(lines_of(words, 1), lines_of(words, 2)).rows
        assert len(rows) <= 2 * MAX_LINES
        assert sum(len(row.pieces) for row in rows) <= 2 * (MAX_LINES + MAX_MARKED_LINES * MAX_WORDS)


@pytest.mark.parametrize(
    ("expected", "printed"),
    [("x\n", "x\n"), ("\n", "\n"), ("1\n", "2\n"), ("a b\n", "b a\n"), ("1 ", "2 "), ("a", "a")],
)
def test_four_times_the_output_takes_about_four_times_the_cpu_time(expected: str, printed: str) -> None:
    def outputs(size: int) -> tuple[str, str]:
        return expected * (size // len(expected)) + "a", printed * (size // len(printed)) + "b"

    little, much = outputs(64_000), outputs(256_000)
    for _attempt in range(3):  # other processes can slow a measurement down
        seconds = [cpu_seconds(partial(diff_outputs, *texts)) for texts in (little, much)]
        if seconds[1] < max(0.003, 8 * seconds[0]):
            break
    else:
        pytest.fail(f"{seconds[0]:.4f} s grew to {seconds[1]:.4f} s")
