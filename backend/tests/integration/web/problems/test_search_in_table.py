"""The search where no list of problems is in memory: the table's queries, and a page that says what is not possible."""

from __future__ import annotations

import pytest
from django.test import Client

from api.composition import repositories
from api.dynamodb.table import merged_pages
from tests.integration.api.conftest import ALICE
from tests.integration.api.factories import a_problem, a_run
from tests.integration.web.problems.conftest import hold_in_memory, listed, more_of
from web.problems import search


@pytest.fixture(autouse=True)
def _problems(cast: object) -> None:
    a_problem(101, title="Longest Walk", tags=["graph"], difficulty="Gold V")
    a_problem(102, title="Coin Change", platform="leetcode", difficulty="Hard", tags=["dp"])
    a_problem(103, title="Coin Tower", tags=["dp", "greedy"], difficulty="Gold V")
    a_problem(104, title="A draft of coins", is_completed=False)
    a_problem(105, title="Retired", is_deleted=True)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", [103, 102, 101]),
        ("words=coin", [103, 102]),
        ("words=1103", [103]),
        ("words=1104", []),  # a draft
        ("words=BOJ+1105", []),  # retired
        ("words=leetcode+1102", [102]),
        ("tag=dp&platform=baekjoon&difficulty=gold+v", [103]),
        ("status=unsolved", [102, 101]),
    ],
)
def test_it_finds_by_what_the_table_lists(alice: Client, query: str, expected: list[int]) -> None:
    a_run(ALICE, problem_id=103, passed_count=1, failed_count=0, total_count=1)
    page = alice.get(f"/?{query}")
    assert listed(page) == expected
    assert "Not applied" not in page.text


def test_it_says_what_it_does_not_do(alice: Client) -> None:
    page = alice.get("/?tag=dp&tag=greedy&easiest=Gold+V&status=solved&sort=title").text
    assert (
        "Not applied on this server right now: a range of difficulties, more than one topic, "
        "attempted, solved or bookmarked, the order." in page
    )
    assert "This server answers from its table at the moment" in page
    for field in ("sort", "easiest", "match"):
        assert f'name="{field}"' not in page


def test_a_page_that_looked_long_enough_says_so_and_goes_on(
    nobody: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "PAGE_SIZE", 2)
    monkeypatch.setattr(merged_pages, "MAX_EXAMINED", 1)
    page = nobody.get("/?tag=dp&platform=leetcode")
    assert listed(page) == []
    assert "There may be more matches." in page.text
    following = more_of(page)
    assert following is not None
    assert listed(nobody.get(following)) == [102]


def test_cursors_outlive_the_loading_of_the_list(nobody: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "PAGE_SIZE", 2)
    following = more_of(nobody.get("/"))
    assert following is not None
    assert listed(nobody.get(following)) == [101]
    hold_in_memory(monkeypatch)
    assert listed(nobody.get(following)) == [101]
    in_memory = more_of(nobody.get("/"))
    assert in_memory is not None
    assert listed(nobody.get(in_memory)) == [101]


def test_a_cursor_of_the_list_in_memory_leads_to_the_first_page_where_there_is_none(
    nobody: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "PAGE_SIZE", 2)
    hold_in_memory(monkeypatch)
    following = more_of(nobody.get("/"))
    assert following is not None
    monkeypatch.setattr(repositories().problems._catalogue, "_most", 0)
    monkeypatch.setattr(repositories().problems._catalogue, "_catalogue", None)
    assert nobody.get(following)["Location"] == "/"


def test_a_random_problem_matches(nobody: Client) -> None:
    assert nobody.get("/problems/random/?platform=leetcode")["Location"] == "/problems/102/"
