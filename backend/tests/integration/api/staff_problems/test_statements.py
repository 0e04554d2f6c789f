"""PUT /api/staff/problems/{id}/statements/{language}/: texts in a language, on the problem's ETag."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from api.composition import repositories
from tests.integration.api.conftest import CHARLIE, DORA
from tests.integration.api.factories import a_problem, fault_of, fields_of, get
from tests.integration.api.staff_requests import ask, told

FIRST = '"100-1"'
KOREAN = {"statement": "두 수 $a$, $b$를 더한다.\n", "title": "더하기", "hints": ["읽는다.", "더한다."]}


@pytest.fixture(autouse=True)
def _problem(cast: object) -> None:
    a_problem(100)


def put(site: Client, document: Any, language: str = "ko", **how: Any) -> Any:
    return ask(site, "PUT", f"/problems/100/statements/{language}/", document, **how)


def test_it_stores_the_texts_shows_them_to_everyone_and_says_who_did(site: Client) -> None:
    response = put(site, KOREAN, if_match=FIRST)
    assert response.status_code == 200
    assert (response["ETag"], response.json()["version"]) == ('"100-1s1"', 1)
    assert response.json()["translated_hints"] == {"ko": KOREAN["hints"]}
    seen = get(site, "/api/problems/100/", by=None)
    assert seen["ETag"] == '"100-1s1"'
    assert seen.json()["statements"] == [{"language": "ko", "title": "더하기", "text": KOREAN["statement"]}]
    assert "hints" not in seen.json()
    assert [(who, action, target) for who, action, target, _ in told(site)] == [
        (DORA, "problem.statement", "problem 100")
    ]


def test_each_language_stands_alone_and_what_is_left_out_is_removed(site: Client) -> None:
    put(site, KOREAN, if_match=FIRST)
    put(site, {"statement": "Add two numbers."}, "en", if_match='"100-1s1"')
    response = put(site, {"statement": None}, if_match='"100-1s2"')
    assert response["ETag"] == '"100-1s3"'
    assert response.json()["statements"] == [{"language": "en", "title": None, "text": "Add two numbers."}]
    assert response.json()["translated_hints"] == {}


def test_what_changes_nothing_leaves_the_etag_and_the_log(site: Client) -> None:
    put(site, KOREAN, if_match=FIRST)
    assert put(site, KOREAN, if_match='"100-1s1"')["ETag"] == '"100-1s1"'
    assert len(told(site)) == 1


def test_the_etag_must_be_said_and_must_be_the_last_one(site: Client) -> None:
    assert fault_of(put(site, KOREAN)) == (428, "precondition-required")
    assert fault_of(put(site, KOREAN, if_match='"100-1s1"')) == (412, "precondition-failed")
    put(site, KOREAN, if_match=FIRST)
    assert fault_of(put(site, KOREAN, if_match=FIRST)) == (412, "precondition-failed")
    assert put(site, {"statement": "x"}, if_match="*").status_code == 200
    problem = ask(site, "PATCH", "/problems/100/", {"title": "Sum"}, if_match='"100-1s2"')
    assert problem["ETag"] == '"100-2s2"'
    unchanged = get(site, "/api/problems/100/", by=None, **{"If-None-Match": '"100-2s2"'})
    assert unchanged.status_code == 304


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ({"statement": "x" * 256_000}, "body.statement"), ({"statement": "a\0b"}, "body.statement"),
        ({"statement": "x", "title": "t" * 301}, "body.title"), ({"statement": "x", "hints": ["h"] * 6}, "body.hints"),
        ({"statement": 7}, "body.statement"), ({}, "body.statement"), ({"statement": "x", "text": "y"}, "body.text"),
    ],
)  # fmt: skip
def test_what_cannot_be_stored_is_refused_by_its_field(site: Client, document: Any, field: str) -> None:
    response = put(site, document, if_match=FIRST)
    assert fault_of(response) == (422, "invalid")
    assert fields_of(response) == [field]


def test_only_staff_write_and_only_in_languages_of_the_site(site: Client) -> None:
    assert fault_of(put(site, KOREAN, by=CHARLIE, if_match=FIRST)) == (403, "forbidden")
    assert fault_of(put(site, KOREAN, by=None, if_match=FIRST)) == (401, "unauthenticated")
    assert fault_of(put(site, KOREAN, "fr", if_match=FIRST)) == (422, "invalid")
    assert fault_of(ask(site, "PUT", "/problems/7/statements/ko/", KOREAN, if_match="*")) == (
        404,
        "not-found",
    )


def test_a_retired_problem_keeps_its_statement(site: Client) -> None:
    put(site, KOREAN, if_match=FIRST)
    repositories().problems.retire_problem(100)
    assert len(get(site, "/api/problems/100/", by=None).json()["statements"]) == 1
