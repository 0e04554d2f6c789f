"""Hints with parts by language."""

from __future__ import annotations

import pytest

from api.hints.ladder import text_in


@pytest.mark.parametrize(
    ("text", "korean", "english"),
    [
        ("for all", "for all", "for all"),
        ("[ko]\n하나\n\n[en]\none\n", "하나", "one"),
        ("[ko]\n하나\n[en]\none\n\n[ko]\n둘\n[en]\ntwo", "하나\n\n둘", "one\n\ntwo"),
        ("n <= 10\n[en]\none", "n <= 10\n\none", "n <= 10\n\none"),
        ("[ko]\r\n하나\r\n[en] \r\none", "하나", "one"),
        ("a [ko] b\n[de]\nc", "a [ko] b\n[de]\nc", "a [ko] b\n[de]\nc"),
        ("", "", ""),
    ],
)
def test_a_reader_sees_the_parts_for_all_and_those_in_his_language(
    text: str, korean: str, english: str
) -> None:
    assert (text_in(text, "ko"), text_in(text, "en")) == (korean, english)
