"""Staff's pages do not exist for anybody else."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from api.dynamodb.repositories import AuditRepository, ProblemRepository, UserRepository
from api.dynamodb.schema.records import Problem, User
from tests.integration.api.conftest import ALICE, CHARLIE, DORA, FREE, bearer
from tests.integration.web.browsers import Visit
from web.staff.urls import urlpatterns

NAMES = [pattern.name or "" for pattern in urlpatterns]


def address(name: str, draft: Problem) -> str:
    """Where a page is."""
    ids: dict[str, Any] = {
        "problem_id": draft["problem_id"], "user_id": ALICE, "plan_id": FREE, "language": "ko",
    }  # fmt: skip
    (pattern,) = (pattern for pattern in urlpatterns if pattern.name == name)
    if "case_id" in pattern.pattern.converters:
        case = ProblemRepository().get_test_cases(draft["problem_id"]).items[0]
        ids["case_id"] = case["test_case_id"]
    return reverse(name, kwargs={arg: ids[arg] for arg in pattern.pattern.converters})


@pytest.mark.parametrize("name", NAMES)
def test_a_page_is_there_for_staff_and_for_nobody_else(
    name: str, draft: Problem, dora: Client, visit: Visit
) -> None:
    ProblemRepository().add_test_case(draft["problem_id"], {"input": "1", "output": "2"})
    place = address(name, draft)
    assert dora.get(place).status_code == 200
    for browser in (visit(CHARLIE), Client()):
        for answer in (browser.get(place), browser.post(place, {})):
            assert answer.status_code == 404
            assert draft["title"] not in answer.text


class UnreadBody:
    """A request's body that fails the test when it is read."""

    def read(self, *_: int) -> bytes:
        pytest.fail("the body was read")

    readline = read


@pytest.mark.parametrize("place", ["/staff/problems/new/", "/api/staff/problems/"])
def test_a_large_body_is_read_from_staff_alone(
    place: str, dora: Client, visit: Visit, cast: dict[int, User]
) -> None:
    is_api = place.startswith("/api/")
    kind = "application/json" if is_api else "application/x-www-form-urlencoded"
    body: dict[str, Any] = {
        "wsgi.input": UnreadBody(), "CONTENT_LENGTH": "12000000", "CONTENT_TYPE": kind,
    }  # fmt: skip
    for browser in (visit(CHARLIE), Client()):
        browser.handler.enforce_csrf_checks = True
        assert browser.post(place, **body).status_code == (401 if is_api else 404)
    if is_api:
        assert Client().post(place, headers=bearer(CHARLIE), **body).status_code == 403
    headers = bearer(DORA) if is_api else {}
    body["wsgi.input"] = io.BytesIO(b"x" * 12_000_000)
    assert dora.post(place, headers=headers, **body).status_code in (400, 422)


def test_a_body_that_is_too_large_for_anybody_is_not_read(dora: Client) -> None:
    body: dict[str, Any] = {
        "wsgi.input": UnreadBody(), "CONTENT_TYPE": "application/x-www-form-urlencoded",
    }  # fmt: skip
    for place, length in (("/staff/problems/new/", "16000001"), ("/account/", "1000001")):
        answer = dora.post(place, **body, CONTENT_LENGTH=length)
        assert answer.status_code == 413
        assert "bytes" in answer.text


def test_every_form_wants_the_token_of_our_own_pages(draft: Problem, dora: Client) -> None:
    ProblemRepository().add_test_case(draft["problem_id"], {"input": "1", "output": "2"})
    before = ProblemRepository().get_problem(draft["problem_id"], consistent=True)
    dora.handler.enforce_csrf_checks = True
    for name in NAMES:
        answer = dora.post(address(name, draft), {"version": "1", "title": "Taken over"})
        assert answer.status_code in (403, 405), name
    after = ProblemRepository().get_problem(draft["problem_id"], consistent=True)
    assert after == before
    assert not AuditRepository().list_audit().items


def test_staff_who_lost_the_right_have_no_page_any_more(dora: Client) -> None:
    UserRepository().update_user(DORA, {"is_staff": False})
    assert dora.get("/staff/").status_code == 404
