"""Highlighting: code as escaped lines with classes, whatever the code is."""

from __future__ import annotations

from html import unescape
from re import sub

import pytest

from api.history.languages import LANGUAGES
from web.rendering.highlighting import MAX_HIGHLIGHTED, code_lines

PROGRAM = 'text = """a\n\n<script>alert(1)</script>\nb"""\n\n\nprint(text & 1)  # 끝\n'


def plain(lines: tuple[str, ...]) -> str:
    return "\n".join(unescape(sub(r"</?span[^>]*>", "", line)) for line in lines)


@pytest.mark.parametrize("language", [*LANGUAGES, "Python", "brainfuck", "", None])
def test_lines_are_the_code_and_nothing_else_in_every_language(language: str | None) -> None:
    lines = code_lines(PROGRAM, language)
    assert plain(lines) == PROGRAM.removesuffix("\n")
    assert "<script" not in "".join(lines)


def test_a_span_never_goes_over_the_end_of_a_line() -> None:
    for line in code_lines(PROGRAM, "python"):
        assert line.count("<span") == line.count("</span")
    assert any('<span class="s' in line for line in code_lines(PROGRAM, "python"))


def test_line_breaks_of_other_systems_are_line_breaks() -> None:
    assert code_lines("a\r\nb\rc\n", None) == ("a", "b", "c")


def test_empty_lines_at_both_ends_stay_so_that_numbers_fit() -> None:
    assert len(code_lines("\n\nx = 1\n\n", "python")) == 4


def test_no_code_has_no_lines() -> None:
    assert code_lines("", "python") == code_lines("\n", "python") == ()


def test_php_without_its_opening_tag_has_colours() -> None:
    assert "<span" in "".join(code_lines("$a = 1;", "php"))


def test_very_long_code_is_shown_without_colours() -> None:
    lines = code_lines("x = 1 < 2\n" * (MAX_HIGHLIGHTED // 10 + 1), "python")
    assert lines[0] == "x = 1 &lt; 2"
