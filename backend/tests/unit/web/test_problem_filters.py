"""The filters of the search: an address has them, and they make addresses."""

from __future__ import annotations

from django.http import QueryDict
from hypothesis import given, settings
from hypothesis import strategies as st

from web.problems.filters import ProblemFilters

WORDS = st.text(max_size=20).map(str.strip)


@settings(max_examples=50)
@given(
    st.builds(
        ProblemFilters, words=WORDS, platform=WORDS, difficulty=WORDS, tag=WORDS,
        hide_solved=st.booleans(), show_tags=st.booleans(),
    )
)  # fmt: skip
def test_an_address_gives_back_the_filters_that_made_it(filters: ProblemFilters) -> None:
    assert ProblemFilters.of(QueryDict(filters.query)) == filters


def test_what_is_not_asked_for_is_not_in_the_address() -> None:
    assert ProblemFilters().address() == "/"
    assert ProblemFilters(tag="dp").address("random-problem") == "/problems/random/?tag=dp"
    assert ProblemFilters(tag="dp").address(cursor="a.b") == "/?tag=dp&cursor=a.b"


def test_each_filter_can_be_turned_off_alone() -> None:
    filters = ProblemFilters(words="두 수", platform="leetcode", tag="dp", hide_solved=True, show_tags=True)
    assert [chosen.title for chosen in filters.chosen] == ["“두 수”", "LeetCode", "#dp", "Unsolved only"]
    assert (
        filters.chosen[1].address
        == ProblemFilters(words="두 수", tag="dp", hide_solved=True, show_tags=True).address()
    )


def test_a_platform_offers_its_own_difficulties() -> None:
    assert [title for title, _ in ProblemFilters(platform="LeetCode").difficulties] == ["LeetCode"]
    assert len(ProblemFilters().difficulties) == 5
    assert ProblemFilters(difficulty="gold v").difficulties[0][0] == "Baekjoon"


def test_a_difficulty_that_the_chosen_platform_does_not_know_goes() -> None:
    assert ProblemFilters(platform="leetcode", difficulty="Gold V").of_platform().difficulty == ""
    assert ProblemFilters(platform="leetcode", difficulty="hard").of_platform().difficulty == "hard"
    assert ProblemFilters(platform="elsewhere", difficulty="7").of_platform().difficulty == "7"
