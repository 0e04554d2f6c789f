"""PATCH /api/staff/plans/{id}/: limits and name of a plan."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from tests.integration.api.conftest import CHARLIE, DORA, FREE
from tests.integration.api.factories import fault_of, fields_of
from tests.integration.api.staff_requests import ask, told


def test_it_changes_what_is_sent_and_tells_who_did(site: Client) -> None:
    response = ask(site, "PATCH", f"/plans/{FREE}/", {"max_hints_per_day": 7, "name": " Free "})
    assert response.status_code == 200
    plan = response.json()
    assert (plan["max_hints_per_day"], plan["max_executions_per_day"], plan["name"]) == (7, 50, "Free")
    assert ask(site, "GET", "/plans/").json()["items"][0] == plan
    assert told(site) == [(DORA, "plan.update", "plan 1", {"max_hints_per_day": {"old": 5, "new": 7}})]


def test_what_changes_nothing_is_not_told(site: Client) -> None:
    for document in ({}, {"name": "Free", "is_active": True}):
        assert ask(site, "PATCH", f"/plans/{FREE}/", document).json()["name"] == "Free"
    assert told(site) == []


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ({"max_hints_per_day": -1}, "body.max_hints_per_day"),
        ({"name": None}, "body.name"),
        ({"name": " "}, "body.name"),
        ({"plan_id": 5}, "body.plan_id"),
    ],
)
def test_it_refuses_what_is_no_plan(site: Client, document: Any, field: str) -> None:
    response = ask(site, "PATCH", f"/plans/{FREE}/", document)
    assert fault_of(response) == (422, "invalid")
    assert fields_of(response) == [field]


def test_there_is_no_other(site: Client) -> None:
    assert fault_of(ask(site, "PATCH", "/plans/77/", {"name": "x"})) == (404, "not-found")


def test_charlie_and_nobody_are_refused(site: Client) -> None:
    document = {"max_hints_per_day": 1_000}
    assert fault_of(ask(site, "PATCH", f"/plans/{FREE}/", document, by=CHARLIE)) == (403, "forbidden")
    assert fault_of(ask(site, "PATCH", f"/plans/{FREE}/", document, by=None)) == (401, "unauthenticated")
    assert ask(site, "GET", "/plans/").json()["items"][0]["max_hints_per_day"] == 5
