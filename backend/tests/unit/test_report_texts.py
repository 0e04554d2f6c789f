"""Texts of the data in reports cannot control the terminal that shows them."""

from __future__ import annotations

import json

import pytest

from reporting.text import one_line, printable

HOSTILE = [
    "\x1b[31mred",
    "\x9b2J",
    "a\rb",
    "a\x07",
    "\x00",
    "\u202eabc",
    "\u2066x",
    "a\u2028b",
    "\ud83d",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_characters_that_control_a_terminal_are_escaped(text: str) -> None:
    shown = printable(text)
    assert shown.isprintable()
    assert json.loads(f'"{shown}"') == text


def test_letters_of_every_language_and_line_ends_stay() -> None:
    assert printable("정답 é 🎓 “ok”\n\tnext") == "정답 é 🎓 “ok”\n\tnext"


def test_json_stays_the_same_json() -> None:
    text = json.dumps({"key": "\x9b \u202e 정답"}, ensure_ascii=False)
    assert json.loads(printable(text)) == json.loads(text)


def test_a_text_in_a_line_has_no_line_end_and_its_length() -> None:
    assert one_line("a\nb\x1bcdef", 4) == "a\\nb\\u001b"
