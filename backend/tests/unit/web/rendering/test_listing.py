"""Listings: code as numbered, escaped lines, bounded whatever the code is."""

from __future__ import annotations

from html import unescape
from re import sub

import pytest

from api.history.languages import LANGUAGES
from api.history.models import MAX_CODE
from web.rendering.highlighting import MAX_COLOURED, MAX_HIGHLIGHTED
from web.rendering.listing import MAX_NUMBERED, code_listing

PROGRAM = 'text = """a\n\n<script>alert(1)</script>\nb"""\n\n\nprint(text & 1)  # 끝\n'


def plain(html: str) -> str:
    return unescape(sub(r"</?(span|a)[^>]*>", "", html))


@pytest.mark.parametrize("language", [*LANGUAGES, "Python", "brainfuck", "", None])
def test_lines_are_the_code_and_nothing_else_in_every_language(language: str | None) -> None:
    listing = code_listing(PROGRAM, language)
    assert plain(listing.html) == PROGRAM
    assert "<script" not in listing.html
    assert listing.lines == PROGRAM.count("\n")


def test_a_span_never_goes_over_the_end_of_a_line() -> None:
    listing = code_listing(PROGRAM, "python")
    assert '<span class="s">' in listing.html
    for line in listing.html.split("\n"):
        assert line.count("<span") == line.count("</span")


def test_each_line_has_a_link_when_links_have_a_label() -> None:
    assert code_listing("a\nb", None, "Line %(number)s").html.splitlines() == [
        f'<span class="line" id="L{n}"><a href="#L{n}" data-line="{n}" aria-label="Line {n}"></a>{text}</span>'
        for n, text in ((1, "a"), (2, "b"))
    ]
    assert code_listing("a", None).html == (
        '<span class="line"><span class="line-number" data-line="1"></span>a</span>\n'
    )


def test_line_breaks_of_other_systems_are_line_breaks() -> None:
    assert code_listing("a\r\nb\rc\n", None) == code_listing("a\nb\nc", None)


def test_empty_lines_at_both_ends_stay_so_that_numbers_fit() -> None:
    assert code_listing("\n\nx = 1\n\n", "python").lines == 4


def test_no_code_has_no_lines() -> None:
    assert code_listing("", "python") == code_listing("\n", "python") == ("", 0, False, True)


def test_code_without_colours_says_so_when_its_length_is_the_reason() -> None:
    assert not code_listing("x", "python").is_plain
    assert not code_listing("x", "brainfuck").is_plain
    for code in ("x = 1 < 2\n" * (MAX_HIGHLIGHTED // 10 + 1), "1 " * (MAX_COLOURED + 1)):
        listing = code_listing(code, "python")
        assert listing.is_plain
        assert plain(listing.html).removesuffix("\n") == code.removesuffix("\n")


def test_code_of_too_many_lines_is_plain_text() -> None:
    assert code_listing("\n" * (MAX_NUMBERED - 1) + "x", "java").is_numbered
    listing = code_listing("\n" * (MAX_CODE - 1) + "<", "java")
    assert listing == ("\n" * (MAX_CODE - 1) + "&lt;", MAX_CODE, True, False)
