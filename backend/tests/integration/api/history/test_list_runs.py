"""GET /api/history/: my runs, their filters, and nobody else's."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.integration.api.conftest import ALICE, BOB, CHARLIE
from tests.integration.api.factories import a_run, fault_of, get


@pytest.fixture(autouse=True)
def _runs(cast: object) -> None:
    a_run(history_id=1)
    a_run(history_id=2, language="go", is_code_public=True)
    a_run(history_id=3, problem_id=7, platform="leetcode", passed_count=2, failed_count=0)
    a_run(BOB, history_id=4)


def ids(site: Client, query: str = "", by: int = ALICE) -> list[int]:
    response = get(site, f"/api/history/{query}", by=by)
    assert response.status_code == 200, response.content
    return [run["history_id"] for run in response.json()["items"]]


def test_it_shows_mine_alone_newest_first(site: Client) -> None:
    assert ids(site) == [3, 2, 1]
    assert ids(site, by=BOB) == [4]
    assert ids(site, by=CHARLIE) == []


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?problem_id=100", [2, 1]),
        ("?problem_id=7", [3]),
        ("?problem_id=9", []),
        ("?language=Go", [2]),
        ("?platform=leetcode", [3]),
        ("?passed=true", [3]),
        ("?passed=false", [2, 1]),
        ("?public=true", [2]),
        ("?public=false", [3, 1]),
        ("?problem_id=100&public=true&language=go", [2]),
        ("?language=&platform=", [3, 2, 1]),
    ],
)
def test_it_finds_by(site: Client, query: str, found: list[int]) -> None:
    assert ids(site, query) == found


def test_its_pages_follow_one_another_and_open_for_me_alone(site: Client) -> None:
    first = get(site, "/api/history/?limit=2")
    cursor = first.json()["next"]
    assert first["Link"] == f'</api/history/?limit=2&cursor={cursor}>; rel="next"'
    assert ids(site, f"?limit=2&cursor={cursor}") == [1]
    assert fault_of(get(site, f"/api/history/?limit=2&cursor={cursor}", by=CHARLIE)) == (422, "invalid")


def test_nobody_has_runs_without_signing_in(site: Client) -> None:
    response = get(site, "/api/history/", by=None)
    assert fault_of(response) == (401, "unauthenticated")
    assert response["WWW-Authenticate"] == "Bearer"
