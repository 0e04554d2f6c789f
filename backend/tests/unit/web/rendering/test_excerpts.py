"""Long texts shortened: never more than asked for, and nothing lost from the count."""

from __future__ import annotations

import pytest

from web.rendering.excerpts import Excerpt, excerpt


@pytest.mark.parametrize(
    ("text", "shown", "rest"),
    [
        ("", "", 0),
        ("\n", "", 0),
        ("1 2\n", "1 2", 0),
        ("1\n2\n3\n4", "1\n2", 4),
        ("123456789012345", "1234567890", 5),
        ("1234567890\n", "1234567890", 0),
        ("123456789\nb", "123456789\n", 1),
    ],
)
def test_the_beginning_is_shown_and_the_rest_counted(text: str, shown: str, rest: int) -> None:
    assert excerpt(text, lines=2, characters=10) == Excerpt(shown, len(text.encode()), rest)


def test_a_text_within_the_bounds_is_whole() -> None:
    assert excerpt("a\nb") == Excerpt("a\nb", 3, 0)
