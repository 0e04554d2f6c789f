"""What the service says in English, in the visitor's language."""

from __future__ import annotations

import pytest
from django.utils import translation

from web.wording import PATTERNS, worded


def test_a_text_without_values_is_looked_up_as_it_is() -> None:
    with translation.override("ko"):
        assert worded("There is no such problem.") == "그런 문제가 없습니다."
    with translation.override("en"):
        assert worded("There is no such problem.") == "There is no such problem."


def test_a_text_around_values_keeps_them() -> None:
    with translation.override("ko"):
        assert worded("at most 100 characters") == "최대 100자까지입니다"
        assert worded("All 5 uses of hint are used; the next is possible after 2026.") == (
            "힌트 한도 5회를 모두 썼습니다. 2026 이후에 다시 쓸 수 있습니다."
        )


@pytest.mark.parametrize("pattern", PATTERNS)
def test_every_pattern_can_be_filled_in_korean(pattern: str) -> None:
    with translation.override("ko"):
        said = worded(pattern.replace("{", "").replace("}", ""))
    assert any("가" <= letter <= "힣" for letter in said)


def test_what_nobody_has_translated_stays() -> None:
    with translation.override("ko"):
        assert worded("A text {that} nobody knows") == "A text {that} nobody knows"
        assert worded("") == ""
