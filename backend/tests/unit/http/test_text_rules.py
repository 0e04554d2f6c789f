"""Names have no characters that nobody sees, texts have no NUL: one rule for everything that people store."""

from __future__ import annotations

import re
import sys
from unicodedata import category, name, normalize

import pytest

from api.http.text_rules import InvalidText, checked_name, checked_text, shown_name

# Format characters that are seen: signs above or below the digits or letters that follow.
SEEN_FORMATS = {*range(0x600, 0x606), 0x6DD, 0x890, 0x891, 0x8E2, 0x110BD, 0x110CD}


def code_of(text: str) -> str | None:
    """The code of the error of a name; None for a name that may be stored."""
    try:
        checked_name(text, 100)
    except InvalidText as invalid:
        return invalid.code
    return None


@pytest.mark.parametrize(
    "text",
    ["Alice", "김철수", "Zoë", "O'Brien-Smith", "やまだ 太郎", "محمد", "שרה", "हिन्दी", "😀", "👩‍💻 Kim", "❤️", "1️⃣ first",
     "A\xa0B", "C++ <3", "a\u0301"],
)  # fmt: skip
def test_names_of_all_scripts_and_pictures_are_stored(text: str) -> None:
    assert checked_name(f"  {text} ", 100) == normalize("NFC", text)


@pytest.mark.parametrize(
    "character",
    ["\x00", "\n", "\x85", "\xad", "\u034f", "\u061c", "\u115f", "\u1160", "\u200b", "\u200c", "\u200d", "\u200e",
     "\u2028", "\u202e", "\u2060", "\u2066", "\u2069", "\u2800", "\u3164", "\ufe0f", "\ufeff", "\uffa0", "\ue000",
     "\U000e0041", "\U0001d159"],
)  # fmt: skip
def test_a_character_that_nobody_sees_is_refused_and_not_shown(character: str) -> None:
    assert code_of(f"a{character}b") in ("unseen_character", "nul_character")
    assert code_of(character) in ("unseen_character", "nul_character", "empty")
    shown = shown_name(f"a{character}b")
    assert shown is not None
    assert character not in shown
    assert shown_name(character) is None


def test_every_control_and_format_character_of_unicode_is_one_that_nobody_sees() -> None:
    unseen = [
        point
        for point in range(sys.maxunicode + 1)
        if category(chr(point)) in ("Cc", "Cf", "Zl", "Zp", "Co", "Cs") and point not in SEEN_FORMATS
    ]
    accepted = [f"{point:04X}" for point in unseen if code_of(f"a{chr(point)}b") is None]
    assert accepted == []


def test_every_hangul_filler_is_one_that_nobody_sees() -> None:
    fillers = [
        chr(point)
        for point in range(sys.maxunicode + 1)
        if re.search("HANGUL.* FILLER$", name(chr(point), ""))
    ]
    assert "\u3164" in fillers
    assert {code_of(f"a{filler}b") for filler in fillers} == {"unseen_character"}


@pytest.mark.parametrize("text", ["", " ", "\u3000", "\u0301", "\xa0\u0301"])
def test_a_name_of_spaces_and_marks_alone_is_empty(text: str) -> None:
    assert code_of(text) == "empty"
    assert shown_name(text) is None


def test_a_name_has_its_limit_and_no_half_characters() -> None:
    assert checked_name("x" * 5, 5) == "xxxxx"
    with pytest.raises(InvalidText) as too_long:
        checked_name("x" * 6, 5)
    assert (too_long.value.code, too_long.value.parameters) == ("too_long", {"limit": 5})
    assert code_of("a\ud800") == "lone_surrogate"


def test_a_joiner_joins_pictures_alone() -> None:
    assert code_of("👨‍👩‍👧") is None
    assert code_of("👨\u200d") == code_of("a\u200d💻") == code_of("👨\u200d\u200d👩") == "unseen_character"


def test_the_error_names_the_character() -> None:
    with pytest.raises(InvalidText) as unseen:
        checked_name("ab\u202ecd", 100)
    assert unseen.value.parameters == {"character": "U+202E"}


def test_names_from_elsewhere_are_shown_without_what_nobody_sees() -> None:
    assert shown_name("Al\u202eice \u3164 Kim") == "Alice Kim"
    assert shown_name("Alice") == "Alice"
    assert shown_name("") is shown_name(None) is None


def test_a_text_may_have_anything_but_nul_and_half_characters() -> None:
    assert checked_text("\x01\u202e\n\u3164") == "\x01\u202e\n\u3164"
    for text, code in (("a\x00b", "nul_character"), ("a\udc00", "lone_surrogate")):
        with pytest.raises(InvalidText) as invalid:
            checked_text(text)
        assert invalid.value.code == code
