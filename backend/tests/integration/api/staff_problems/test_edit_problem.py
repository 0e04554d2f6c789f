"""PATCH /api/staff/problems/{id}/: changes of a problem, on a version."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from tests.integration.api.conftest import CHARLIE, DORA
from tests.integration.api.factories import a_problem, fault_of, fields_of, get
from tests.integration.api.staff_requests import ask, told

FIRST = '"100-1"'


@pytest.fixture(autouse=True)
def _problem(cast: object) -> None:
    a_problem(100)


def patch(site: Client, document: Any, **how: Any) -> Any:
    return ask(site, "PATCH", "/problems/100/", document, **how)


def test_it_changes_what_is_sent_moves_it_in_the_lists_and_tells_who_did(site: Client) -> None:
    response = patch(site, {"title": "Sum of two", "tags": ["adding"], "url": None}, if_match=FIRST)
    assert response.status_code == 200
    problem = response.json()
    assert (problem["title"], problem["tags"], problem["url"]) == ("Sum of two", ["adding"], None)
    assert problem["difficulty"] == "Bronze V"
    assert response["ETag"] == '"100-2"'
    assert [p["title"] for p in get(site, "/api/problems/?tag=adding", by=None).json()["items"]] == [
        "Sum of two"
    ]
    assert get(site, "/api/problems/?tag=math", by=None).json()["items"] == []
    assert told(site) == [
        (DORA, "problem.update", "problem 100", {
            "title": {"old": "A plus B", "new": "Sum of two"}, "tags": {"old": ["math"], "new": ["adding"]},
            "url": {"old": "https://www.acmicpc.net/problem/1000", "new": None},
        })
    ]  # fmt: skip


@pytest.mark.parametrize("document", [{}, {"title": "A plus B", "time_limit": 1, "tags": [" math"]}])
def test_what_changes_nothing_leaves_the_version_and_the_log(site: Client, document: Any) -> None:
    assert patch(site, document, if_match=FIRST)["ETag"] == FIRST
    assert told(site) == []


def test_the_version_must_be_said_and_must_be_the_last_one(site: Client) -> None:
    assert fault_of(patch(site, {"title": "x"})) == (428, "precondition-required")
    assert fault_of(patch(site, {"title": "x"}, if_match='"101-1"')) == (412, "precondition-failed")
    assert patch(site, {"title": "x"}, if_match=FIRST).status_code == 200
    assert fault_of(patch(site, {"title": "y"}, if_match=FIRST)) == (412, "precondition-failed")
    assert fault_of(patch(site, {}, if_match=FIRST)) == (412, "precondition-failed")
    assert patch(site, {"title": "z"}, if_match="*").json()["version"] == 3


def test_a_number_that_the_platform_has_is_a_conflict(site: Client) -> None:
    a_problem(7, problem_number="77")
    assert fault_of(patch(site, {"problem_number": "77"}, if_match=FIRST)) == (409, "conflict")


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ({"title": None}, "body.title"),
        ({"platform": " "}, "body.platform"),
        ({"language": None}, "body.language"),
        ({"hints": ["x"] * 6}, "body.hints"),
        ({"url": "ftp://x"}, "body.url"),
        ({"is_completed": True}, "body.is_completed"),
        ({"metadata": {}}, "body.metadata"),
    ],
)
def test_it_refuses_what_no_problem_has(site: Client, document: Any, field: str) -> None:
    response = patch(site, document, if_match=FIRST)
    assert fault_of(response) == (422, "invalid")
    assert fields_of(response) == [field]
    assert told(site) == []


def test_a_solution_goes_with_its_language(site: Client) -> None:
    problem = patch(site, {"solution_code": None, "language": None}, if_match=FIRST).json()
    assert problem["hint_steps"] == ["nudge", "approach", "outline"]
    response = patch(site, {"solution_code": "x"}, if_match='"100-2"')
    assert fields_of(response) == ["body.language"]


def test_a_solution_of_any_length_is_edited_and_told_short(site: Client) -> None:
    code = "".join(f"print({number * 7919 % 100_003})\n" for number in range(15_000))
    assert patch(site, {"solution_code": code}, if_match=FIRST).json()["solution_code"] == code
    ((_, _, _, changes),) = told(site)
    assert changes["solution_code"]["new"].endswith(f"({len(code):,} characters)")


def test_there_is_no_other(site: Client) -> None:
    assert fault_of(ask(site, "PATCH", "/problems/9/", {"title": "x"}, if_match='"9-1"')) == (
        404,
        "not-found",
    )


def test_charlie_and_nobody_change_nothing(site: Client) -> None:
    assert fault_of(patch(site, {"title": "x"}, by=CHARLIE, if_match="*")) == (403, "forbidden")
    assert fault_of(patch(site, {"title": "x"}, by=None, if_match="*")) == (401, "unauthenticated")
    assert get(site, "/api/problems/100/", by=None).json()["title"] == "A plus B"
