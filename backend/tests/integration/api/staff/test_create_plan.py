"""POST /api/staff/plans/: a new plan."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from tests.integration.api.conftest import CHARLIE, DORA
from tests.integration.api.factories import fault_of, fields_of
from tests.integration.api.staff_requests import ask, told

CLASS = {"name": " Class ", "max_hints_per_day": 0, "max_executions_per_day": 200}


def test_it_adds_a_plan_and_tells_who_did(site: Client) -> None:
    response = ask(site, "POST", "/plans/", CLASS)
    assert response.status_code == 201
    plan = response.json()
    assert (plan["name"], plan["max_hints_per_day"], plan["is_active"]) == ("Class", 0, True)
    assert response["Location"] == f"/api/staff/plans/{plan['plan_id']}/"
    assert plan in ask(site, "GET", "/plans/").json()["items"]
    ((who, action, target, changes),) = told(site)
    assert (who, action, target) == (DORA, "plan.create", f"plan {plan['plan_id']}")
    assert changes["max_executions_per_day"] == {"new": 200}


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ({**CLASS, "name": "  "}, "body.name"),
        ({**CLASS, "name": "\x1f"}, "body.name"),
        ({**CLASS, "name": "x" * 101}, "body.name"),
        ({**CLASS, "name": "Cla\u202ess"}, "body.name"),
        ({**CLASS, "max_hints_per_day": -1}, "body.max_hints_per_day"),
        ({**CLASS, "max_executions_per_day": 1_000_001}, "body.max_executions_per_day"),
        ({**CLASS, "plan_id": 1}, "body.plan_id"),
        ({"name": "Class", "max_hints_per_day": 1}, "body.max_executions_per_day"),
    ],
)
def test_it_refuses_what_is_no_plan(site: Client, document: Any, field: str) -> None:
    response = ask(site, "POST", "/plans/", document)
    assert fault_of(response) == (422, "invalid")
    assert fields_of(response) == [field]
    assert told(site) == []


def test_charlie_and_nobody_are_refused(site: Client) -> None:
    assert fault_of(ask(site, "POST", "/plans/", CLASS, by=CHARLIE)) == (403, "forbidden")
    assert fault_of(ask(site, "POST", "/plans/", CLASS, by=None)) == (401, "unauthenticated")
    assert len(ask(site, "GET", "/plans/").json()["items"]) == 2
