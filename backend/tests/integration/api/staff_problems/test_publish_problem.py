"""POST /api/staff/problems/{id}/publish/: everybody finds it now."""

from __future__ import annotations

from typing import Any

from django.test import Client

from tests.integration.api.conftest import CHARLIE, DORA
from tests.integration.api.factories import a_problem, fault_of, get
from tests.integration.api.staff_requests import ask, told


def publish(site: Client, number: int, **how: Any) -> Any:
    return ask(site, "POST", f"/problems/{number}/publish/", **how)


def test_a_draft_becomes_a_problem_for_everybody(site: Client) -> None:
    a_problem(1, is_completed=False)
    response = publish(site, 1, if_match='"1-1"')
    assert (response.status_code, response["ETag"]) == (200, '"1-2"')
    assert response.json()["is_published"] is True
    assert [p["problem_id"] for p in get(site, "/api/problems/", by=None).json()["items"]] == [1]
    assert ask(site, "GET", "/problems/drafts/").json()["items"] == []
    assert told(site) == [
        (DORA, "problem.publish", "problem 1", {"is_completed": {"old": False, "new": True}})
    ]


def test_a_retired_problem_comes_back(site: Client) -> None:
    a_problem(1, is_deleted=True)
    assert publish(site, 1, if_match='"1-1"').json()["is_retired"] is False
    assert [p["problem_id"] for p in get(site, "/api/problems/", by=None).json()["items"]] == [1]


def test_a_published_one_stays_as_it_is(site: Client) -> None:
    a_problem(1)
    assert publish(site, 1, if_match='"1-1"')["ETag"] == '"1-1"'
    assert told(site) == []


def test_it_publishes_only_the_version_that_was_looked_at(site: Client) -> None:
    a_problem(1, is_completed=False)
    assert fault_of(publish(site, 1)) == (428, "precondition-required")
    assert fault_of(publish(site, 1, if_match='"1-2"')) == (412, "precondition-failed")
    assert fault_of(publish(site, 9, if_match='"9-1"')) == (404, "not-found")


def test_charlie_and_nobody_publish_nothing(site: Client) -> None:
    a_problem(1, is_completed=False)
    assert fault_of(publish(site, 1, by=CHARLIE, if_match='"1-1"')) == (403, "forbidden")
    assert fault_of(publish(site, 1, by=None, if_match='"1-1"')) == (401, "unauthenticated")
    assert get(site, "/api/problems/", by=None).json()["items"] == []
