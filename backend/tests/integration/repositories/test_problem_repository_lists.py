"""Lists of problems: complete, in order, page by page, by everything a person may ask for."""

from __future__ import annotations

from typing import Any

import pytest

from api.dynamodb.errors import InvalidInput
from api.dynamodb.repositories import ProblemRepository
from tests.integration.repositories.conftest import Clock
from tests.integration.repositories.helpers import a_problem, whole_list

pytestmark = pytest.mark.every_transport

PLATFORMS = ("Baekjoon", "Codeforces")
LEVELS = ("Gold", "Silver", None)


def fill(problems: ProblemRepository, clock: Clock, count: int = 45) -> list[dict[str, Any]]:
    made = []
    for number in range(count):
        clock.advance(seconds=number % 3)
        fields = a_problem(
            problem_id=number + 1, problem_number=str(number), platform=PLATFORMS[number % 2],
            difficulty=LEVELS[number % 3], tags=["dp", f"t{number % 5}"], is_completed=number % 9 != 0,
            title=f"{'Graph' if number % 2 else 'Array of Arrays'} 문제 {number}",
        )  # fmt: skip
        problems.create_problem(fields)
        made.append(fields)
    return made[::-1]


QUERIES: list[tuple[dict[str, Any], Any]] = [
    ({}, lambda p: True),
    ({"platform": "baekjoon"}, lambda p: p["platform"] == "Baekjoon"),
    ({"difficulty": "GOLD"}, lambda p: p["difficulty"] == "Gold"),
    ({"tag": "t3"}, lambda p: "t3" in p["tags"]),
    ({"tag": "dp", "platform": "Codeforces"}, lambda p: p["platform"] == "Codeforces"),
    (
        {"platform": "baekjoon", "difficulty": "silver", "tag": "T1"},
        lambda p: (p["platform"], p["difficulty"]) == ("Baekjoon", "Silver") and "t1" in p["tags"],
    ),
    ({"words": "graph"}, lambda p: "Graph" in p["title"]),
    ({"words": "GRAPH 문제"}, lambda p: "Graph" in p["title"]),
    ({"words": "of arr"}, lambda p: "Array" in p["title"]),
    ({"words": "graph", "difficulty": "gold"}, lambda p: "Graph" in p["title"] and p["difficulty"] == "Gold"),
    ({"words": "문제 7"}, lambda p: p["title"].endswith(" 7")),
    ({"words": "nothing"}, lambda p: False),
    ({"words": "?!"}, lambda p: False),
    ({"platform": "AtCoder"}, lambda p: False),
]


def test_every_list_is_complete_and_newest_first(problems: ProblemRepository, clock: Clock) -> None:
    made = fill(problems, clock)
    for query, wanted in QUERIES:
        expected = [p["problem_id"] for p in made if p["is_completed"] and wanted(p)]
        for limit in (1, 7, 100):
            found = whole_list(
                lambda cursor, limit=limit, query=query: problems.list_problems(  # type: ignore[misc]
                    limit=limit, cursor=cursor, **query
                )
            )
            assert [p["problem_id"] for p in found] == expected, query


def test_drafts_are_listed_and_filtered_apart(problems: ProblemRepository, clock: Clock) -> None:
    made = fill(problems, clock)
    drafts = [p["problem_id"] for p in made if not p["is_completed"]]
    found = whole_list(lambda cursor: problems.list_problems(drafts=True, limit=2, cursor=cursor))
    assert [p["problem_id"] for p in found] == drafts
    graphs = problems.list_problems(drafts=True, words="graph")
    assert [p["problem_id"] for p in graphs] == [number for number in drafts if number % 2 == 0]


def test_an_unfinished_word_finds_each_problem_once(problems: ProblemRepository, clock: Clock) -> None:
    made = fill(problems, clock)
    expected = sorted(p["problem_id"] for p in made if p["is_completed"] and "Array" in p["title"])
    for limit in (1, 5, 100):
        found = whole_list(
            lambda cursor, limit=limit: problems.list_problems(words="arr", limit=limit, cursor=cursor)  # type: ignore[misc]
        )
        assert sorted(p["problem_id"] for p in found) == expected


def test_a_single_character_is_a_whole_word(problems: ProblemRepository) -> None:
    problems.create_problem(a_problem(title="수 놀이", problem_number="1"))
    problems.create_problem(a_problem(title="수열", problem_number="2"))
    assert [p["title"] for p in problems.list_problems(words="수")] == ["수 놀이"]
    assert [p["title"] for p in problems.list_problems(words="수열")] == ["수열"]


def test_a_listed_problem_is_a_summary_with_sorted_tags(problems: ProblemRepository, clock: Clock) -> None:
    problem = problems.create_problem(a_problem(tags=["Math", "DP", 7, "dp"]))
    assert problems.list_problems().items == [
        {
            "problem_id": problem["problem_id"], "platform": "Baekjoon", "problem_number": "1000",
            "title": problem["title"], "difficulty": "Bronze V", "tags": ["dp", "math"], "created_at": clock(),
        }
    ]  # fmt: skip


def test_a_page_of_rare_finds_comes_back_short_with_a_cursor(
    problems: ProblemRepository, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(problems, clock, 30)
    monkeypatch.setattr("api.dynamodb.table.merged_pages.MAX_EXAMINED", 10)
    page = problems.list_problems(tag="dp", difficulty="silver", limit=50)
    assert 0 < len(page) < 10
    assert page.cursor is not None


def test_a_cursor_belongs_to_its_list(problems: ProblemRepository, clock: Clock) -> None:
    fill(problems, clock, 6)
    cursor = problems.list_problems(limit=1).cursor
    assert problems.list_problems(limit=5, cursor=cursor)
    with pytest.raises(InvalidInput, match="another list"):
        problems.list_problems(limit=1, cursor=cursor, platform="Baekjoon")


@pytest.mark.parametrize(
    "query", [{"platform": ""}, {"tag": " "}, {"difficulty": 7}, {"words": 7}, {"limit": 0}, {"cursor": "x"}]
)
def test_it_refuses_what_cannot_be_asked_for(problems: ProblemRepository, query: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        problems.list_problems(**query)
