"""Staff's pages do not exist for anybody else."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from api.dynamodb.repositories import AuditRepository, ProblemRepository, UserRepository
from api.dynamodb.repositories.records import Problem
from tests.integration.api.conftest import ALICE, CHARLIE, DORA, FREE
from tests.integration.web.browsers import Visit
from web.staff.urls import urlpatterns

NAMES = [pattern.name or "" for pattern in urlpatterns]


def address(name: str, draft: Problem) -> str:
    """Where a page is."""
    ids = {"problem_id": draft["problem_id"], "user_id": ALICE, "plan_id": FREE}
    (pattern,) = (pattern for pattern in urlpatterns if pattern.name == name)
    return reverse(name, kwargs={arg: ids[arg] for arg in pattern.pattern.converters})


@pytest.mark.parametrize("name", NAMES)
def test_a_page_is_there_for_staff_and_for_nobody_else(
    name: str, draft: Problem, dora: Client, visit: Visit
) -> None:
    place = address(name, draft)
    assert dora.get(place).status_code == 200
    for browser in (visit(CHARLIE), Client()):
        for answer in (browser.get(place), browser.post(place, {})):
            assert answer.status_code == 404
            assert draft["title"] not in answer.text


def test_every_form_wants_the_token_of_our_own_pages(draft: Problem, dora: Client) -> None:
    dora.handler.enforce_csrf_checks = True
    for name in NAMES:
        answer = dora.post(address(name, draft), {"version": "1", "title": "Taken over"})
        assert answer.status_code in (403, 405), name
    after = ProblemRepository().get_problem(draft["problem_id"], consistent=True)
    assert after == draft
    assert not AuditRepository().list_audit().items


def test_staff_who_lost_the_right_have_no_page_any_more(dora: Client) -> None:
    UserRepository().update_user(DORA, {"is_staff": False})
    assert dora.get("/staff/").status_code == 404
