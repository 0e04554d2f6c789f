"""GET /api/history/public/: everyone's public runs."""

from __future__ import annotations

import pytest
from django.test import Client

from api.composition import repositories
from api.dynamodb.metering.meter import recording
from tests.integration.api.conftest import ALICE, BOB
from tests.integration.api.factories import a_run, fault_of, get

PLACE = "/api/history/public/"


@pytest.fixture(autouse=True)
def _runs(cast: object) -> None:
    a_run(ALICE, history_id=1, is_code_public=True)
    a_run(BOB, history_id=2, is_code_public=True, language="go", platform="leetcode")
    a_run(None, history_id=3, is_code_public=True)
    a_run(ALICE, history_id=4)


def ids(site: Client, query: str = "") -> list[int]:
    return [run["history_id"] for run in get(site, PLACE + query, by=None).json()["items"]]


def test_it_shows_everyone_what_is_public_newest_first(site: Client) -> None:
    assert ids(site) == [3, 2, 1]


def test_of_authors_it_shows_name_and_picture(site: Client) -> None:
    response = get(site, PLACE, by=None)
    names = [run["author"] and run["author"]["name"] for run in response.json()["items"]]
    assert names == [None, "Bob", "Alice"]
    text = response.content.decode()
    assert "user_id" not in text
    assert "example.org" not in text


@pytest.mark.parametrize(("stored", "shown"), [("\u3164\u200b", None), ("Al\u202eice", "Alice")])
def test_names_that_were_stored_before_are_shown_without_what_nobody_sees(
    site: Client, stored: str, shown: str | None
) -> None:
    repositories().users.update_user(ALICE, {"name": stored})
    authors = [run["author"] for run in get(site, PLACE, by=None).json()["items"]]
    names = {author["name"] for author in authors if author is not None}
    assert shown in names
    assert stored not in names


def test_a_closed_account_has_no_name(site: Client) -> None:
    repositories().users.deactivate_user(BOB)
    assert get(site, PLACE, by=None).json()["items"][1]["author"] is None


@pytest.mark.parametrize(
    ("query", "found"),
    [("?language=GO", [2]), ("?platform=leetcode", [2]), ("?language=python", [3, 1]), ("?platform=x", [])],
)
def test_it_finds_by(site: Client, query: str, found: list[int]) -> None:
    assert ids(site, query) == found


def test_its_pages_follow_one_another(site: Client) -> None:
    first = get(site, f"{PLACE}?limit=2", by=None).json()
    assert ids(site, f"?limit=2&cursor={first['next']}") == [1]
    assert fault_of(get(site, f"{PLACE}?limit=2&cursor={first['next']}", by=ALICE)) == (422, "invalid")


def test_it_says_how_each_verdict_is_known_in_one_more_call(site: Client) -> None:
    a_run(BOB, history_id=5, is_code_public=True, verdict_basis="compared")
    a_run(BOB, history_id=6, is_code_public=True, total_count=0)
    get(site, PLACE, by=None)
    with recording() as recorded:
        runs = get(site, PLACE, by=None).json()["items"]
    assert {run["history_id"]: run["verdict_basis"] for run in runs} == {
        6: None, 5: "compared", 3: "reported", 2: "reported", 1: "reported",
    }  # fmt: skip
    assert sorted(recorded.operations) == ["BatchGetItem", "BatchGetItem", "Query"]
