"""Every staff form is carried out once, however often it is sent; a changed one asks for another change."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from api.dynamodb.repositories import AuditRepository, PlanRepository, ProblemRepository, UserRepository
from api.dynamodb.schema.records import Problem
from tests.integration.api.conftest import BOB
from tests.integration.web.browsers import Visit
from tests.integration.web.staff.conftest import form_of


def entries() -> list[str]:
    return [entry["action"] for entry in AuditRepository().list_audit()]


# What is entered for a new problem; all other fields are empty.
NEW = {
    **dict.fromkeys(("url", "difficulty", "tags", "time_limit", "memory_limit", "language", "version"), ""),
    "platform": "p", "problem_number": "7", "title": "New",
}  # fmt: skip


# A page with a form, and what is entered.
FORMS: dict[str, tuple[Callable[[int], str], dict[str, str], str]] = {
    "a new problem": (
        lambda _: reverse("staff-new-problem"),
        NEW, "problem.create",
    ),
    "a problem": (lambda number: reverse("staff-problem", args=[number]), {"title": "Other"}, "problem.update"),
    "publishing": (lambda number: reverse("staff-publish", args=[number]), {}, "problem.publish"),
    "retiring": (lambda number: reverse("staff-retire", args=[number]), {}, "problem.retire"),
    "a new plan": (
        lambda _: reverse("staff-plans"),
        {"name": "Gold", "max_hints_per_day": "1", "max_executions_per_day": "2"}, "plan.create",
    ),
    "a user": (lambda _: reverse("staff-user", args=[BOB]), {"is_staff": "on"}, "user.update"),
}  # fmt: skip


@pytest.mark.parametrize(("address", "entered", "action"), FORMS.values(), ids=FORMS.keys())
def test_a_form_that_is_sent_twice_is_carried_out_once_and_told_as_done(
    dora: Client, draft: Problem, address: Callable[[int], str], entered: dict[str, str], action: str
) -> None:
    page = address(draft["problem_id"])
    form = {**form_of(dora.get(page)), **entered}
    first, second = dora.post(page, form), dora.post(page, form)
    assert first.status_code == second.status_code == 303
    assert first["Location"] == second["Location"]
    assert entries() == [action]
    assert "notice-bad" not in dora.get(second["Location"]).text


def test_a_form_that_is_changed_before_it_is_sent_again_is_another_change(
    dora: Client, draft: Problem
) -> None:
    """As after Back in the browser."""
    page = reverse("staff-new-problem")
    form = {**form_of(dora.get(page)), **NEW}
    first = dora.post(page, form)
    second = dora.post(page, {**form, "problem_number": "8"})
    assert second.status_code == 303
    assert second["Location"] != first["Location"]
    page = reverse("staff-problem", args=[draft["problem_id"]])
    form = {**form_of(dora.get(page)), "title": "Other"}
    assert dora.post(page, form).status_code == 303
    assert dora.post(page, {**form, "title": "Yet another"}).status_code == 412


def test_a_form_sent_again_after_somebody_changed_the_record_does_not_undo_that(
    dora: Client, draft: Problem
) -> None:
    problem_id = draft["problem_id"]
    page = reverse("staff-problem", args=[problem_id])
    form = {**form_of(dora.get(page)), "title": "Mine"}
    dora.post(page, form)
    ProblemRepository().update_problem(problem_id, {"title": "Theirs"})
    assert dora.post(page, form).status_code == 303
    stored = ProblemRepository().get_problem(problem_id)
    assert stored is not None
    assert stored["title"] == "Theirs"
    plan_id = PlanRepository().create_plan(
        {"name": "Gold", "max_hints_per_day": 1, "max_executions_per_day": 2}
    )["plan_id"]
    page = reverse("staff-plan", args=[plan_id])
    form = {**form_of(dora.get(page)), "name": "Mine"}
    dora.post(page, form)
    PlanRepository().update_plan(plan_id, {"name": "Theirs"})
    assert dora.post(page, form).status_code == 303
    plan = PlanRepository().get_plan(plan_id)
    assert plan is not None
    assert plan["name"] == "Theirs"


def test_a_form_whose_change_failed_can_be_sent_again(dora: Client, draft: Problem) -> None:
    page = reverse("staff-new-problem")
    form = {**form_of(dora.get(page)), **NEW, "platform": "baekjoon", "problem_number": "1000"}
    assert dora.post(page, form).status_code == 409
    ProblemRepository().update_problem(draft["problem_id"], {"problem_number": "1001"})
    assert dora.post(page, form).status_code == 303


def test_the_token_of_one_person_is_none_for_another(dora: Client, visit: Visit) -> None:
    UserRepository().update_user(BOB, {"is_staff": True})
    page = reverse("staff-new-problem")
    form = {**form_of(dora.get(page)), **NEW}
    assert dora.post(page, form).status_code == 303
    assert visit(BOB).post(page, form).status_code == 409
