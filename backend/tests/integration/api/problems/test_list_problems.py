"""GET /api/problems/: the list of problems, its filters and its pages."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.integration.api.conftest import ALICE, BOB, bearer
from tests.integration.api.factories import a_problem, fault_of, fields_of, get


@pytest.fixture(autouse=True)
def _problems(cast: object) -> None:
    a_problem(1, title="두 수의 합", tags=["math"], platform="programmers", difficulty="Lv. 1")
    a_problem(2, title="Two Sum", tags=["hash", "math"], platform="leetcode", difficulty="Easy")
    a_problem(3, title="Three Sum", tags=["hash"], platform="leetcode", difficulty="Medium")
    a_problem(4, title="Draft", is_completed=False)
    a_problem(5, title="Retired", is_deleted=True)


def ids(response: object) -> list[int]:
    return [item["problem_id"] for item in response.json()["items"]]  # type: ignore[attr-defined]


def test_it_shows_everyone_the_newest_first_without_drafts_and_retired_ones(site: Client) -> None:
    response = get(site, "/api/problems/", by=None)
    assert response.status_code == 200
    assert ids(response) == [3, 2, 1]
    assert response.json()["next"] is None
    assert not response.has_header("Link")
    assert set(response.json()["items"][0]) == {
        "problem_id", "platform", "problem_number", "title", "difficulty", "tags", "created_at",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("platform=LeetCode", [3, 2]),
        ("tag=math", [2, 1]),
        ("difficulty=easy", [2]),
        ("words=sum", [2, 3]),
        ("words=수의", [1]),
        ("words=two+su", [2]),
        ("platform=leetcode&tag=hash&words=three", [3]),
        ("words=nothing", []),
        ("platform=&tag=", [3, 2, 1]),
    ],
)
def test_it_finds_by(site: Client, query: str, found: list[int]) -> None:
    assert sorted(ids(get(site, f"/api/problems/?{query}", by=None))) == sorted(found)


def test_its_pages_follow_one_another(site: Client) -> None:
    seen: list[int] = []
    address = "/api/problems/?limit=1"
    while address:
        response = get(site, address, by=None)
        seen += ids(response)
        link = response.headers.get("Link", "")
        assert bool(link) == (response.json()["next"] is not None)
        address = link.removeprefix("<").partition(">")[0]
    assert seen == [3, 2, 1]


@pytest.mark.parametrize("limit", ["0", "101", "x", "-1"])
def test_it_refuses_a_limit_outside_1_to_100(site: Client, limit: str) -> None:
    response = get(site, f"/api/problems/?limit={limit}", by=None)
    assert fault_of(response) == (422, "invalid")
    assert fields_of(response) == ["query.limit"]


def test_it_refuses_a_text_that_is_too_long(site: Client) -> None:
    response = get(site, f"/api/problems/?words={'x' * 101}", by=None)
    assert fault_of(response) == (422, "invalid")
    assert fields_of(response) == ["query.words"]


def test_it_refuses_a_cursor_of_another_reader_or_another_query(site: Client) -> None:
    cursor = get(site, "/api/problems/?limit=1", by=ALICE).json()["next"]
    assert get(site, f"/api/problems/?limit=1&cursor={cursor}", by=ALICE).status_code == 200
    for address, who in (
        (f"/api/problems/?limit=1&cursor={cursor}", BOB),
        (f"/api/problems/?limit=1&cursor={cursor}", None),
        (f"/api/problems/?tag=math&cursor={cursor}", ALICE),
        (f"/api/problems/?limit=1&cursor={cursor}x", ALICE),
    ):
        response = get(site, address, by=who)
        assert fault_of(response) == (422, "invalid")


def test_a_token_that_is_sent_must_be_valid(site: Client) -> None:
    response = site.get("/api/problems/", headers={"Authorization": bearer(ALICE)["Authorization"] + "x"})
    assert fault_of(response) == (401, "unauthenticated")
    assert response["WWW-Authenticate"] == 'Bearer error="invalid_token"'
