"""What of a test case's text a page shows."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from web.problems.case_previews import MAX_CHARACTERS, MAX_LINES, beginning_of


def test_a_short_text_is_shown_whole() -> None:
    for text in ("", "1 2", "1\n2\n", "\n" * MAX_LINES, "x" * MAX_CHARACTERS):
        assert beginning_of(text) == text


def test_a_text_that_is_little_longer_is_shown_whole() -> None:
    assert beginning_of("1\n" * (MAX_LINES + 5)) == "1\n" * (MAX_LINES + 5)


def test_many_lines_are_cut_after_whole_lines() -> None:
    assert beginning_of("12\n" * 12_000) == "12\n" * MAX_LINES


def test_a_long_line_is_cut_within() -> None:
    assert beginning_of("1\n" + "x" * 100_000) == "1\n" + "x" * (MAX_CHARACTERS - 2)


@given(st.text(alphabet="ab\n", max_size=9000))
def test_it_is_always_a_beginning_and_never_much(text: str) -> None:
    found = beginning_of(text)
    assert text.startswith(found)
    assert len(found) <= 1.25 * MAX_CHARACTERS
    assert found.count("\n") <= 1.25 * MAX_LINES
