"""Subscription plans."""

from __future__ import annotations

from typing import Any

import pytest

from api.dynamodb.errors import Duplicate, InvalidInput, NotFound
from api.dynamodb.repositories import PlanRepository
from tests.integration.repositories.conftest import Clock
from tests.integration.repositories.helpers import whole_list

FREE = {"name": "Free", "max_hints_per_day": 5, "max_executions_per_day": 50}


def test_it_creates_and_reads_a_plan(plans: PlanRepository, clock: Clock) -> None:
    plan = plans.create_plan({"plan_id": 1, **FREE})
    assert plan == {"plan_id": 1, **FREE, "is_active": True, "created_at": clock()}
    assert plans.get_plan(1) == plan
    assert plans.get_plan(2) is None


def test_it_makes_an_id_when_none_is_given(plans: PlanRepository) -> None:
    plan = plans.create_plan(FREE)
    assert plans.get_plan(plan["plan_id"], consistent=True) == plan


def test_it_refuses_a_taken_id(plans: PlanRepository) -> None:
    plans.create_plan({"plan_id": 1, **FREE})
    with pytest.raises(Duplicate) as caught:
        plans.create_plan({"plan_id": 1, **FREE})
    assert caught.value.field == "plan_id"


@pytest.mark.parametrize(
    "data", [{"name": "x"}, {**FREE, "max_hints_per_day": -1}, {**FREE, "plan_id": "1"}, {**FREE, "x": 1}]
)
def test_it_refuses_data_that_cannot_be_stored(plans: PlanRepository, data: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        plans.create_plan(data)
    assert plans.list_plans().items == []


def test_it_lists_plans_by_id(plans: PlanRepository) -> None:
    for number in (30, 4, 200, 1):
        plans.create_plan({"plan_id": number, **FREE})
    found = whole_list(lambda cursor: plans.list_plans(limit=3, cursor=cursor))
    assert [plan["plan_id"] for plan in found] == [1, 4, 30, 200]


def test_it_changes_a_plan(plans: PlanRepository) -> None:
    plan = plans.create_plan({"plan_id": 1, **FREE})
    changed = plans.update_plan(1, {"max_hints_per_day": 9, "is_active": False})
    assert changed == {**plan, "max_hints_per_day": 9, "is_active": False}
    assert plans.get_plan(1, consistent=True) == changed
    with pytest.raises(NotFound):
        plans.update_plan(2, {"name": "x"})
    for changes in ({}, {"plan_id": 2}, {"name": None}, {"max_hints_per_day": -1}):
        with pytest.raises(InvalidInput):
            plans.update_plan(1, changes)
