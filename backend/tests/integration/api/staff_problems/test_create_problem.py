"""POST /api/staff/problems/: a new problem, as a draft."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from tests.integration.api.conftest import BOB, CHARLIE, DORA
from tests.integration.api.factories import a_problem, fault_of, fields_of, get
from tests.integration.api.staff_requests import ask, told

LEAST = {"platform": "baekjoon", "problem_number": "2557", "title": "Hello"}
WHOLE = {
    **LEAST, "platform": " baekjoon ", "url": "https://www.acmicpc.net/problem/2557", "difficulty": "Bronze V",
    "tags": ["Math ", "math", "", "output"], "constraints": " 1 <= n\n", "hints": ["nudge", " ", "approach"],
    "language": "python", "solution_code": "print('Hello')\n", "time_limit": 1, "memory_limit": 128,
}  # fmt: skip


def test_it_becomes_a_draft_that_staff_alone_see(site: Client) -> None:
    response = ask(site, "POST", "/problems/", WHOLE)
    assert response.status_code == 201
    made = response.json()
    number = made["problem_id"]
    assert response["Location"] == f"/api/staff/problems/{number}/"
    assert response["ETag"] == f'"{number}-1"'
    assert (made["platform"], made["tags"], made["hints"]) == (
        "baekjoon",
        ["Math", "output"],
        ["nudge", "approach"],
    )
    assert (made["constraints"], made["time_limit"], made["solution_code"]) == (
        " 1 <= n\n",
        1.0,
        "print('Hello')\n",
    )
    assert (made["is_published"], made["is_retired"]) == (False, False)
    assert made["hint_steps"] == ["nudge", "approach", "solution"]
    assert ask(site, "GET", f"/problems/{number}/").json() == made
    assert fault_of(get(site, f"/api/problems/{number}/", by=BOB)) == (404, "not-found")
    ((who, action, target, changes),) = told(site)
    assert (who, action, target) == (DORA, "problem.create", f"problem {number}")
    assert changes["title"] == {"new": "Hello"}


def test_platform_number_and_title_are_enough(site: Client) -> None:
    made = ask(site, "POST", "/problems/", LEAST).json()
    assert (made["tags"], made["hints"], made["url"], made["language"]) == ([], [], None, None)


def test_a_number_that_the_platform_has_is_a_conflict(site: Client) -> None:
    a_problem(1, platform="Baekjoon", problem_number="2557")
    assert fault_of(ask(site, "POST", "/problems/", LEAST)) == (409, "conflict")
    assert told(site) == []


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"title": "  "}, ["body.title"]),
        ({"title": "\x1f"}, ["body.title"]),
        ({"title": "x" * 301}, ["body.title"]),
        ({"url": "javascript:alert(1)"}, ["body.url"]),
        ({"tags": ["x"] * 17}, ["body.tags"]),
        ({"tags": ["x" * 51]}, ["body.tags.0"]),
        ({"hints": ["x"] * 6}, ["body.hints"]),
        ({"hints": [7]}, ["body.hints.0"]),
        ({"language": "cobol"}, ["body.language"]),
        ({"solution_code": "print(1)"}, ["body.language"]),
        ({"time_limit": 0}, ["body.time_limit"]),
        ({"time_limit": "1e999"}, ["body.time_limit"]),
        ({"memory_limit": 1_000_001}, ["body.memory_limit"]),
        ({"is_completed": True}, ["body.is_completed"]),
        ({"problem_id": 7, "version": 3}, ["body.problem_id", "body.version"]),
    ],
)
def test_each_field_that_cannot_be_taken_is_named(site: Client, fields: Any, wrong: list[str]) -> None:
    response = ask(site, "POST", "/problems/", {**LEAST, **fields})
    assert fault_of(response) == (422, "invalid")
    assert fields_of(response) == wrong
    assert told(site) == []


def test_charlie_and_nobody_are_refused(site: Client) -> None:
    assert fault_of(ask(site, "POST", "/problems/", LEAST, by=CHARLIE)) == (403, "forbidden")
    assert fault_of(ask(site, "POST", "/problems/", LEAST, by=None)) == (401, "unauthenticated")
    assert ask(site, "GET", "/problems/drafts/").json()["items"] == []
