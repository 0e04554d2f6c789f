"""Staff's pages of plans."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from api.dynamodb.repositories import AuditRepository, PlanRepository
from tests.integration.api.conftest import FREE
from tests.integration.web.staff.conftest import form_of

LIST = "/staff/plans/"


def test_plans_are_listed_with_their_limits(dora: Client) -> None:
    page = dora.get(LIST).text
    for part in ("Free", "Pro", '<td class="numbers">1000</td>', "active"):
        assert part in page


def test_a_new_plan_is_stored_and_written_down(dora: Client) -> None:
    typed = {"name": "Team", "max_hints_per_day": "7", "max_executions_per_day": "0", "is_active": "on"}
    answer = dora.post(LIST, typed)
    assert answer.status_code == 303
    plan_id = int(answer["Location"].split("/")[-2])
    plan = PlanRepository().get_plan(plan_id)
    assert plan is not None
    assert (plan["name"], plan["max_hints_per_day"], plan["max_executions_per_day"]) == ("Team", 7, 0)
    assert [entry["target"] for entry in AuditRepository().list_audit()] == [f"plan {plan_id}"]


@pytest.mark.parametrize(
    "changed",
    [{"name": " "}, {"name": "a\u200bb"}, {"max_hints_per_day": "-1"}, {"max_hints_per_day": "many"}],
)
def test_a_plan_that_cannot_be_is_refused_and_what_was_typed_stays(
    dora: Client, changed: dict[str, str]
) -> None:
    answer = dora.post(
        LIST, {"name": "Team", "max_hints_per_day": "7", "max_executions_per_day": "71", **changed}
    )
    assert answer.status_code == 422
    assert 'value="71"' in answer.text
    assert len(PlanRepository().list_plans().items) == 2


def test_a_change_is_stored_and_says_what_it_was(dora: Client) -> None:
    place = reverse("staff-plan", args=[FREE])
    form = form_of(dora.get(place))
    del form["is_active"]
    assert dora.post(place, {**form, "max_hints_per_day": "6"}).status_code == 303
    plan = PlanRepository().get_plan(FREE, consistent=True)
    assert plan is not None
    assert (plan["max_hints_per_day"], plan["is_active"]) == (6, False)
    (entry,) = AuditRepository().list_audit()
    assert entry["changes"]["max_hints_per_day"] == {"old": 5, "new": 6}


def test_saving_without_a_change_writes_nothing_down(dora: Client) -> None:
    place = reverse("staff-plan", args=[FREE])
    assert dora.post(place, form_of(dora.get(place))).status_code == 303
    assert not AuditRepository().list_audit().items


def test_a_plan_that_is_not_there_has_no_page(dora: Client) -> None:
    assert dora.get(reverse("staff-plan", args=[77])).status_code == 404
