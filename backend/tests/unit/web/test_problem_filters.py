"""The filters of the search: an address has them, and they make addresses."""

from __future__ import annotations

from django.http import QueryDict
from hypothesis import given, settings
from hypothesis import strategies as st

from api.problems.platforms import PLATFORMS
from api.problems.search.query import SORTS, STATUSES
from api.problems.tag_vocabulary import canonical_tag
from web.problems.filters import ProblemFilters

WORDS = st.text(max_size=20).map(str.strip)


@settings(max_examples=50)
@given(
    st.builds(
        ProblemFilters, words=WORDS, platform=WORDS, easiest=WORDS, hardest=WORDS,
        tags=st.lists(WORDS.filter(bool), max_size=4, unique_by=canonical_tag).map(tuple),
        any_tag=st.booleans(), status=st.sampled_from(["", *STATUSES]), sort=st.sampled_from(["", *SORTS]),
    )
)  # fmt: skip
def test_an_address_gives_back_the_filters_that_made_it(filters: ProblemFilters) -> None:
    assert ProblemFilters.of(QueryDict(filters.query)) == filters
    assert filters.like(filters.search_query()) == filters


def test_what_is_not_asked_for_is_not_in_the_address() -> None:
    assert ProblemFilters().address() == "/"
    assert ProblemFilters(tags=("dp",)).address("random-problem") == "/problems/random/?tag=dp"
    assert ProblemFilters(tags=("dp",)).address(cursor="a.b") == "/?tag=dp&cursor=a.b"
    assert ProblemFilters(easiest="Easy", hardest="Easy").address() == "/?difficulty=Easy"


def test_each_filter_can_be_turned_off_alone() -> None:
    filters = ProblemFilters(
        "두 수", "leetcode", "Easy", "Hard", ("dp", "sqrt"), status="unsolved", sort="title"
    )
    titles = ["“두 수”", "LeetCode", "Easy – Hard", "#dynamic programming", "#sqrt", "Unsolved"]
    assert [chosen.title for chosen in filters.chosen] == titles
    without = ProblemFilters("두 수", "leetcode", "Easy", "Hard", ("sqrt",), status="unsolved", sort="title")
    assert filters.chosen[3].address == without.address()


def test_a_tag_is_added_once_whatever_its_spelling() -> None:
    filters = ProblemFilters(tags=("동적 계획법",))
    assert filters.with_tag("dp") == filters.address()
    assert ProblemFilters.of(QueryDict("tag=dp&tag=DP&tag=graph")).tags == ("dp", "graph")
    assert filters.with_tag("graph") == ProblemFilters(tags=("동적 계획법", "graph")).address()


def test_a_platform_offers_its_own_difficulties() -> None:
    assert [title for title, _ in ProblemFilters(platform="LeetCode").difficulties] == ["LeetCode"]
    assert len(ProblemFilters().difficulties) == len(PLATFORMS)
    assert ProblemFilters(easiest="gold v").difficulties == ProblemFilters().difficulties
    assert ProblemFilters(easiest="lunatic").difficulties[0] == ("", ("lunatic",))


def test_a_difficulty_that_the_chosen_platform_does_not_know_goes() -> None:
    def kept(platform: str, difficulty: str) -> str:
        return ProblemFilters(platform=platform, easiest=difficulty).of_platform().easiest

    assert (kept("leetcode", "Gold V"), kept("leetcode", "hard"), kept("elsewhere", "7")) == ("", "hard", "7")
