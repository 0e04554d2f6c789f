"""Searches in memory: what they find, in which order, page by page."""

from __future__ import annotations

import random
from typing import Any

import pytest

from api.dynamodb.errors import InvalidInput
from api.problems.platforms import PLATFORMS
from api.problems.search.engine import SearchSnapshot
from api.problems.search.query import SORTS, SearchQuery
from api.problems.search.results import Attempts
from tests.unit.problems.search.problems import a_problem, snapshot_of

PROBLEMS = [
    a_problem(1, "눈 덮인 마을의 최단 경로", tags=["graph", "dijkstra"], difficulty="Gold V"),
    a_problem(2, "Two Sum", platform="leetcode", problem_number="two-sum", tags=["hash-table"], difficulty="Easy"),
    a_problem(3, "최대 유량", tags=["flow", "graph"], difficulty="Platinum III", problem_number="1249"),
    a_problem(4, "계단 오르기", tags=["dp"], difficulty="Silver III"),
    a_problem(5, "계단 게임", tags=["동적 계획법", "greedy"], difficulty="Silver I"),
    a_problem(6, "Coin Change", platform="codeforces", problem_number="1077A", tags=["DP"], difficulty="1500"),
    a_problem(7, "Summing Two Coins", platform="codeforces", problem_number="1249B", difficulty="2100"),
    a_problem(8, "Binary Search on a Tree", platform="atcoder", problem_number="abc123_a", tags=["tree", "sqrt"]),
    a_problem(9, "가장 긴 수열 2", platform="programmers", problem_number="12490", difficulty="Lv. 3"),
]  # fmt: skip


@pytest.fixture(scope="module")
def snapshot() -> SearchSnapshot:
    return snapshot_of(PROBLEMS)


def ids(snapshot: SearchSnapshot, query: SearchQuery, attempts: Attempts = Attempts()) -> list[int]:  # noqa: B008
    results = snapshot.search(query, attempts, limit=1_000)
    assert results.total == len(results.items)
    return [problem["problem_id"] for problem in results.items]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1249", [3, 9, 7]),  # the number itself, then those that begin so, the newest first
        ("BOJ 1249", [3]),
        ("백준 1249번", [3]),
        ("1077A", [6]),
        ("https://codeforces.com/problemset/problem/1249/B", [7]),
        ("abc 123 a", [8]),
        ("dp", [6, 5, 4]),
        ("동적계획법", [6, 5, 4]),
        ("dynamic programming 계단", [5, 4]),
        ("최대유량", [3]),
        ("대 유", [3]),
        ("단경", [1]),
        ("two", [2, 7]),  # at the beginning of the title first
        ("two sum", [2, 7]),
        ("sum two", [7, 2]),
        ("coin", [6, 7]),
        ("oin", [7, 6]),
        ("백준 계단", [5, 4]),
        ("리트코드", [2]),
        ("s", [7, 8, 2]),
        ("49", []),  # a number is not looked for inside another one
        ("!", []),
    ],
)
def test_a_text_finds(snapshot: SearchSnapshot, text: str, expected: list[int]) -> None:
    assert ids(snapshot, SearchQuery(text)) == expected


@pytest.mark.parametrize(
    ("typed", "meant", "expected"),
    [
        ("dijkstar", "dijkstra", [1]),
        ("biary", "binary", [8]),
        ("최단 겨로", "최단 경로", [1]),
        ("최대유랑", "최대유량", [3]),
        ("binarysearch tere", "binary search tree", [8]),
    ],
)
def test_a_small_typo_is_corrected(
    snapshot: SearchSnapshot, typed: str, meant: str, expected: list[int]
) -> None:
    results = snapshot.search(SearchQuery(typed))
    assert (results.corrected, [problem["problem_id"] for problem in results.items]) == (meant, expected)


def test_what_is_found_is_not_corrected(snapshot: SearchSnapshot) -> None:
    assert snapshot.search(SearchQuery("coin")).corrected is None
    assert snapshot.search(SearchQuery("qwertyuiop")).corrected is None


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (SearchQuery(tags=("dp", "greedy")), [5]),
        (SearchQuery(tags=("DP", "그리디"), any_tag=True), [6, 5, 4]),
        (SearchQuery(tags=("SQRT",)), [8]),
        (SearchQuery(tags=("nothing",)), []),
        (SearchQuery(platform="Codeforces"), [7, 6]),
        (SearchQuery(easiest="Silver III", hardest="Gold V"), [5, 4, 1]),
        (SearchQuery(platform="baekjoon", easiest="gold v"), [3, 1]),
        (SearchQuery(hardest="1500"), [6]),
        (SearchQuery(platform="leetcode", hardest="Gold V"), []),
        (SearchQuery("계단", easiest="Silver I", hardest="Silver I"), [5]),
    ],
)
def test_filters_combine(snapshot: SearchSnapshot, query: SearchQuery, expected: list[int]) -> None:
    assert ids(snapshot, query) == expected


def test_problems_are_unsolved_attempted_or_solved(snapshot: SearchSnapshot) -> None:
    attempts = Attempts(frozenset({4, 6, 100}), frozenset({5}))
    assert ids(snapshot, SearchQuery("dp", status="unsolved"), attempts) == [5]
    assert ids(snapshot, SearchQuery("dp", status="attempted"), attempts) == [5]
    assert ids(snapshot, SearchQuery(status="solved"), attempts) == [6, 4]


def test_difficulties_of_all_platforms_have_one_order(snapshot: SearchSnapshot) -> None:
    easiest = ids(snapshot, SearchQuery(sort="easiest"))
    assert easiest == [2, 4, 6, 5, 1, 7, 3, 9, 8]
    hardest = ids(snapshot, SearchQuery(sort="hardest"))
    assert hardest[-1] == easiest[-1] == 8, "an unknown difficulty comes last in both"
    assert hardest[:-1] == easiest[-2::-1]


def test_titles_are_sorted(snapshot: SearchSnapshot) -> None:
    assert ids(snapshot, SearchQuery(sort="title"))[:4] == [8, 6, 7, 2]


def test_a_search_in_vain_offers_what_is_near(snapshot: SearchSnapshot) -> None:
    results = snapshot.search(SearchQuery("계단", "leetcode", tags=("dp", "greedy")))
    assert (results.items, results.total) == ([], 0)
    assert [(near.lifted, near.total) for near in results.near] == [("platform", 1)]
    assert results.near[0].query.platform == ""
    number = snapshot.search(SearchQuery("leetcode 1249"))
    assert [(near.lifted, near.query.text) for near in number.near] == [("number", "1249")]
    words = snapshot.search(SearchQuery("계단 qqqq"))
    assert [(near.lifted, near.query.text, near.total) for near in words.near] == [("word", "계단", 2)]
    tags = snapshot.search(SearchQuery(tags=("dp", "flow")))
    assert [(near.lifted, near.total) for near in tags.near] == [("any_tag", 4)]


def test_what_changed_since_is_searched_as_it_is_now() -> None:
    changed = [{**PROBLEMS[3], "title": "Climbing Stairs"}, a_problem(10, "New Coins", tags=["dp"])]
    snapshot = snapshot_of(PROBLEMS, changed, removed=[6])
    assert ids(snapshot, SearchQuery("계단")) == [5]
    assert ids(snapshot, SearchQuery("dp")) == [10, 5, 4]
    assert ids(snapshot, SearchQuery("coin")) == [10, 7]
    assert ids(snapshot, SearchQuery()) == [10, 9, 8, 7, 5, 4, 3, 2, 1]


def random_problems(chance: random.Random, number: int) -> list[dict[str, Any]]:
    words = ("tree", "Trees", "최단", "경로", "dp", "Coin", "a", "2")
    return [
        a_problem(
            i, " ".join(chance.choices(words, k=chance.randint(1, 3))),
            platform=(platform := chance.choice([*PLATFORMS])),
            difficulty=chance.choice([None, *PLATFORMS[platform].difficulties]),
            tags=chance.sample(["dp", "graph", "tree"], chance.randint(0, 2)),
        )
        for i in range(1, number)
    ]  # fmt: skip


@pytest.mark.parametrize("sort", SORTS)
def test_pages_are_the_whole_list_in_pieces(sort: Any) -> None:
    chance = random.Random(sort)
    problems = random_problems(chance, 120)
    changed = [{**problem, "title": f"tree {problem['title']}"} for problem in chance.sample(problems, 30)]
    snapshot = snapshot_of(problems, changed, removed=range(1, 8))
    for query in (
        SearchQuery(sort=sort),
        SearchQuery("tree", sort=sort),
        SearchQuery(tags=("dp",), sort=sort),
    ):
        whole = ids(snapshot, query)
        assert len(set(whole)) == len(whole) > 20
        pieces, cursor = [], None
        while True:
            page = snapshot.search(query, limit=7, cursor=cursor)
            assert page.total == len(whole)
            pieces += [problem["problem_id"] for problem in page.items]
            cursor = page.cursor
            if cursor is None:
                break
        assert pieces == whole


def test_a_page_goes_on_behind_the_last_one_when_problems_were_added() -> None:
    query = SearchQuery(tags=("dp",))
    cursor = snapshot_of(PROBLEMS).search(query, limit=1).cursor
    later = snapshot_of(PROBLEMS, [a_problem(10, "New", tags=["dp"])])
    assert [problem["problem_id"] for problem in later.search(query, cursor=cursor).items] == [5, 4]


@pytest.mark.parametrize(
    "query", [SearchQuery("coin"), SearchQuery(tags=("dp",), sort="title"), SearchQuery()]
)
def test_a_cursor_is_of_its_search_alone(snapshot: SearchSnapshot, query: SearchQuery) -> None:
    cursor = snapshot.search(SearchQuery(tags=("dp",)), limit=1).cursor
    with pytest.raises(InvalidInput):
        snapshot.search(query, cursor=cursor)


def test_a_random_problem_matches(snapshot: SearchSnapshot) -> None:
    chosen = [snapshot.random(SearchQuery("dp")) for _ in range(60)]
    assert {problem["problem_id"] for problem in chosen if problem is not None} == {4, 5, 6}
    assert snapshot.random(SearchQuery("qwertyuiop")) is None
