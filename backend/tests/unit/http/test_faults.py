"""Errors as clients see them: which kind, what they say, and what they keep to themselves."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from django.test import RequestFactory

from api.dynamodb import errors as e
from api.dynamodb.decisions import Decision, WindowUse
from api.http import faults
from api.http.faults import FaultKind, Refusal, fault_response, refusal_of
from api.http.request_ids import request_id
from api.limits import LimiterUnavailable, NotAdmitted

RESET = datetime(2026, 11, 28, 15, tzinfo=UTC)
FULL = Decision(False, 5, 5, 0, RESET, 77, (WindowUse(5, 86_400, 5, RESET),))
SECRET = "arn:aws:dynamodb:us-east-1:1:table/algoitny_main"


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (e.NotFound("there is no user USR 7"), faults.NOT_FOUND),
        (e.Duplicate("email", "a@x.org"), faults.CONFLICT),
        (e.ConditionFailed("moved"), faults.PRECONDITION_FAILED),
        (e.InvalidInput("limit is 0"), faults.INVALID),
        (e.Throttled(SECRET), faults.UNAVAILABLE),
        (e.Unavailable(SECRET), faults.UNAVAILABLE),
        (e.OutcomeUnknown(SECRET), faults.OUTCOME_UNKNOWN),
        (e.TableMissing(SECRET), faults.UNAVAILABLE),
        (e.IndexMissing(SECRET), faults.UNAVAILABLE),
        (e.AccessDenied(SECRET), faults.UNAVAILABLE),
        (LimiterUnavailable("no", retry_after=4), faults.UNAVAILABLE),
        (NotAdmitted("hint", FULL), faults.QUOTA_EXCEEDED),
    ],
)
def test_an_error_of_the_service_becomes_a_refusal(error: Exception, kind: FaultKind) -> None:
    refusal = refusal_of(error)
    assert refusal is not None
    assert refusal.kind is kind
    assert "arn:" not in refusal.detail
    assert ("Retry-After" in refusal.headers) == (kind.status in (429, 503))


@pytest.mark.parametrize("error", [KeyError("x"), e.Corrupt("a part is missing"), RuntimeError()])
def test_an_error_that_nobody_meant_is_none(error: Exception) -> None:
    assert refusal_of(error) is None


def test_a_taken_value_is_not_repeated() -> None:
    refusal = refusal_of(e.Duplicate("email", "secret@x.org"))
    assert refusal is not None
    assert refusal.detail == "This email is already in use."


def test_a_used_up_quota_says_when_it_starts_anew() -> None:
    refusal = refusal_of(NotAdmitted("hint", FULL))
    assert refusal is not None
    assert refusal.headers["Retry-After"] == "77"
    assert refusal.headers["RateLimit-Policy"] == '"hint";q=5;w=86400'
    assert "2026-11-28T15:00:00+00:00" in refusal.detail


def test_a_problem_document_has_everything() -> None:
    refusal = Refusal(faults.INVALID, "no", headers={"X-A": "b"}, fields=[("body.code", "is empty")])
    response = fault_response(RequestFactory().get("/api/x/?secret=1"), refusal)
    assert (response.status_code, response["Content-Type"]) == (422, "application/problem+json")
    assert response["X-A"] == "b"
    assert response["Cache-Control"] == "no-store"
    assert json.loads(response.content) == {
        "type": "/api/faults/invalid/", "title": faults.INVALID.title, "status": 422, "detail": "no",
        "instance": "/api/x/", "request_id": request_id(), "errors": [{"field": "body.code", "message": "is empty"}],
    }  # fmt: skip


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 409, 412, 413, 422, 428, 429, 500, 503])
def test_every_status_has_a_kind(status: int) -> None:
    assert faults.kind_of_status(status).status == status


@pytest.mark.parametrize(("status", "kind"), [(418, faults.BAD_REQUEST), (502, faults.SERVER_ERROR)])
def test_a_rare_status_has_a_general_kind(status: int, kind: FaultKind) -> None:
    assert faults.kind_of_status(status) is kind
