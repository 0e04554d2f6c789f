"""POST /api/staff/problems/{id}/retire/: out of every list, and still there for who knows it."""

from __future__ import annotations

from typing import Any

from django.test import Client

from tests.integration.api.conftest import BOB, CHARLIE, DORA
from tests.integration.api.factories import a_problem, fault_of, get
from tests.integration.api.staff_requests import ask, told


def retire(site: Client, number: int, **how: Any) -> Any:
    return ask(site, "POST", f"/problems/{number}/retire/", **how)


def test_it_leaves_every_list_and_is_found_by_id_and_number(site: Client) -> None:
    a_problem(1)
    response = retire(site, 1, if_match='"1-1"')
    assert (response.status_code, response["ETag"]) == (200, '"1-2"')
    assert response.json()["is_retired"] is True
    for query in ("", "?tag=math", "?platform=baekjoon", "?words=plus"):
        assert get(site, f"/api/problems/{query}", by=BOB).json()["items"] == []
    assert get(site, "/api/problems/1/", by=BOB).json()["is_retired"] is True
    assert get(site, "/api/problems/by-number/baekjoon/1001/", by=BOB).json()["problem_id"] == 1
    assert told(site) == [(DORA, "problem.retire", "problem 1", {"is_deleted": {"old": False, "new": True}})]


def test_a_retired_one_stays_as_it_is(site: Client) -> None:
    a_problem(1, is_deleted=True)
    assert retire(site, 1, if_match='"1-1"')["ETag"] == '"1-1"'
    assert told(site) == []


def test_it_retires_only_the_version_that_was_looked_at(site: Client) -> None:
    a_problem(1)
    assert fault_of(retire(site, 1)) == (428, "precondition-required")
    assert fault_of(retire(site, 1, if_match='"1-2"')) == (412, "precondition-failed")
    assert fault_of(retire(site, 9, if_match='"9-1"')) == (404, "not-found")


def test_charlie_and_nobody_retire_nothing(site: Client) -> None:
    a_problem(1)
    assert fault_of(retire(site, 1, by=CHARLIE, if_match='"1-1"')) == (403, "forbidden")
    assert fault_of(retire(site, 1, by=None, if_match='"1-1"')) == (401, "unauthenticated")
    assert len(get(site, "/api/problems/", by=None).json()["items"]) == 1
