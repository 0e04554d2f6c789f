"""The vocabulary of tags."""

from __future__ import annotations

from collections import Counter

import pytest

from api.problems.platforms import TOPICS
from api.problems.tag_vocabulary import TAGS, canonical_tag, squeezed, tag_title


@pytest.mark.parametrize(
    "spelling",
    ["dp", "DP", "동적 계획법", "동적계획법", "Dynamic Programming", "dynamic-programming", "dynamic_programming"],
)  # fmt: skip
def test_spellings_of_a_topic_are_one_tag(spelling: str) -> None:
    assert canonical_tag(spelling) == "dp"


def test_an_unknown_tag_is_itself_without_letter_case() -> None:
    assert canonical_tag(" Ad Hoc ") == "ad hoc"
    assert tag_title("Ad Hoc", "ko") == "Ad Hoc"


def test_titles_are_in_the_language_of_the_page() -> None:
    assert (tag_title("DP", "ko"), tag_title("동적 계획법", "en")) == ("동적 계획법", "dynamic programming")


def test_no_alias_names_two_tags() -> None:
    names = {
        (squeezed(alias), name)
        for name, tag in TAGS.items()
        for alias in (name, tag.english, tag.korean, *tag.aliases)
    }
    assert [alias for alias, count in Counter(alias for alias, _ in names).items() if count > 1] == []


def test_every_topic_that_is_offered_is_in_the_vocabulary() -> None:
    assert set(TOPICS) <= set(TAGS)
