"""Errors as clients see them: their type, their text, and what they keep to themselves."""

from __future__ import annotations

import ast
import json
import re
import string
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import RequestFactory
from django.utils import translation
from django.utils.translation import gettext

from api.dynamodb import errors as e
from api.dynamodb.usage_limits.decisions import Decision, WindowUse
from api.http import problem_types as p
from api.http.error_mapping import api_error_of, error_of_status
from api.http.error_responses import problem_response
from api.http.error_texts import ERRORS, TERMS
from api.http.errors import ApiError, FieldError, invalid_field, invalid_fields
from api.http.problem_types import PROBLEM_TYPES, ProblemType
from api.http.request_ids import request_id
from api.limits import LimiterUnavailable, NotAdmitted
from config.environment import BACKEND_DIR

RESET = datetime(2026, 11, 28, 15, tzinfo=UTC)
FULL = Decision(False, 5, 5, 0, RESET, 77, (WindowUse(5, 86_400, 5, RESET),))
SECRET = "arn:aws:dynamodb:us-east-1:1:table/algoitny_main"


@pytest.mark.parametrize(
    ("error", "problem"),
    [
        (e.NotFound("there is no user USR 7"), p.NOT_FOUND),
        (e.Duplicate("email", "a@x.org"), p.CONFLICT),
        (e.ConditionFailed("moved"), p.PRECONDITION_FAILED),
        (e.InvalidInput("limit is 0"), p.INVALID),
        (e.Throttled(SECRET), p.UNAVAILABLE),
        (e.Unavailable(SECRET), p.UNAVAILABLE),
        (e.WritesPaused(SECRET), p.UNAVAILABLE),
        (e.OutcomeUnknown(SECRET), p.OUTCOME_UNKNOWN),
        (e.TableMissing(SECRET), p.UNAVAILABLE),
        (e.IndexMissing(SECRET), p.UNAVAILABLE),
        (e.AccessDenied(SECRET), p.UNAVAILABLE),
        (LimiterUnavailable("no", retry_after=4), p.UNAVAILABLE),
        (NotAdmitted("hint", FULL), p.QUOTA_EXCEEDED),
    ],
)
def test_an_error_raised_on_purpose_becomes_an_api_error(error: Exception, problem: ProblemType) -> None:
    api_error = api_error_of(error)
    assert api_error is not None
    assert api_error.problem is problem
    assert "arn:" not in api_error.detail
    assert ("Retry-After" in api_error.headers) == (problem.status in (429, 503))


@pytest.mark.parametrize("error", [KeyError("x"), e.Corrupt("a part is missing"), RuntimeError()])
def test_any_other_error_is_none(error: Exception) -> None:
    assert api_error_of(error) is None


def test_a_taken_value_is_not_repeated() -> None:
    error = api_error_of(e.Duplicate("email", "secret@x.org"))
    assert error is not None
    assert error.detail == "This e-mail address is already in use."


def test_a_used_up_quota_says_when_it_resets() -> None:
    error = api_error_of(NotAdmitted("hint", FULL))
    assert error is not None
    assert error.headers["Retry-After"] == "77"
    assert error.headers["RateLimit-Policy"] == '"hint";q=5;w=86400'
    assert error.detail == "You have used all 5 hints. More are available after 2026-11-28T15:00:00+00:00."


def test_a_problem_document_has_everything() -> None:
    error = ApiError("invalid_value", reason="no", headers={"X-A": "b"})
    response = problem_response(RequestFactory().get("/api/x/?secret=1"), error)
    assert (response.status_code, response["Content-Type"]) == (422, "application/problem+json")
    assert response["X-A"] == "b"
    assert response["Cache-Control"] == "no-store"
    assert json.loads(response.content) == {
        "type": "/api/faults/invalid/", "title": p.INVALID.title, "status": 422, "code": "invalid_value",
        "detail": "Invalid value: no.", "instance": "/api/x/", "request_id": request_id(),
    }  # fmt: skip


def test_a_problem_document_lists_invalid_fields() -> None:
    error = invalid_field("body.code", "too_long", limit=1000)
    document = json.loads(problem_response(RequestFactory().get("/api/x/"), error).content)
    assert (document["code"], document["detail"]) == (
        "invalid_fields", "body.code: Use at most 1,000 characters.",
    )  # fmt: skip
    assert document["errors"] == [
        {"field": "body.code", "code": "too_long", "message": "Use at most 1,000 characters."}
    ]


def test_a_text_without_parameters_may_contain_braces() -> None:
    error = invalid_fields([FieldError("body.x", "pattern", "String should match '^[a-z]{2}$'")])
    assert error.fields[0].message(gettext) == "String should match '^[a-z]{2}$'"


def test_a_401_names_its_scheme_and_a_503_when_to_retry() -> None:
    assert ApiError("session_ended").headers == {"WWW-Authenticate": "Bearer"}
    assert ApiError("data_unavailable").headers == {"Retry-After": "2"}
    assert ApiError("data_unavailable", retry_after=30).headers == {"Retry-After": "30"}
    assert ApiError("not_found").headers == {}


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 409, 412, 413, 422, 428, 429, 500, 503])
def test_every_status_has_an_error(status: int) -> None:
    assert error_of_status(status).problem.status == status


@pytest.mark.parametrize(("status", "problem"), [(418, p.BAD_REQUEST), (502, p.SERVER_ERROR)])
def test_a_rare_status_has_a_general_error(status: int, problem: ProblemType) -> None:
    assert error_of_status(status).problem is problem


@pytest.mark.parametrize("code", ERRORS)
def test_every_error_has_a_korean_text_with_the_same_parameters(code: str) -> None:
    parameters: dict[str, Any] = {
        name: 7 for _, name, _, _ in string.Formatter().parse(ERRORS[code].text) if name
    }
    with translation.override("ko"):
        text = ApiError(code, **parameters).message(gettext)
    assert re.search("[가-힣]", text)
    assert "{" not in text


def test_words_among_the_parameters_are_translated() -> None:
    error = ApiError("hint_out_of_order", next_step="nudge", step="outline")
    assert error.detail == "Open the nudge before the outline."
    with translation.override("ko"):
        assert "귀띔" in error.message(gettext)
        assert all(gettext(term) != term for term in TERMS.values())


def _strings() -> Iterator[str]:
    """Every string of the service and the pages outside of the table of texts."""
    for folder in ("api", "web"):
        for path in (BACKEND_DIR / folder).rglob("*.py"):
            if path.name != "error_texts.py":
                for node in ast.walk(ast.parse(path.read_text())):
                    if isinstance(node, ast.Constant) and isinstance(node.value, str):
                        yield node.value


def test_every_code_and_problem_type_is_in_use() -> None:
    assert set(ERRORS) - set(_strings()) == set()
    assert {problem.slug for problem, _ in ERRORS.values()} == set(PROBLEM_TYPES)


def _codes_raised() -> Iterator[str]:
    position = {"ApiError": 0, "invalid_field": 1, "field_error": 1, "_Invalid": 0, "TokenInvalid": 0}
    for folder in ("api", "web"):
        for path in (BACKEND_DIR / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if (
                    isinstance(node, ast.Call)
                    and isinstance(node.func, ast.Name)
                    and node.func.id in position
                ):
                    arguments = node.args[position[node.func.id] :]
                    if arguments and isinstance(arguments[0], ast.Constant):
                        yield str(arguments[0].value)


def test_every_code_raised_is_in_the_table() -> None:
    assert set(_codes_raised()) - set(ERRORS) == set()
