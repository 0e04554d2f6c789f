"""GET /api/staff/plans/: all plans."""

from __future__ import annotations

from django.test import Client

from tests.integration.api.conftest import CHARLIE, FREE, PRO
from tests.integration.api.factories import fault_of
from tests.integration.api.staff_requests import ask


def test_it_lists_all_plans_by_id(site: Client) -> None:
    items = ask(site, "GET", "/plans/").json()["items"]
    assert [(plan["plan_id"], plan["name"]) for plan in items] == [(FREE, "Free"), (PRO, "Pro")]
    assert (items[1]["max_hints_per_day"], items[1]["max_executions_per_day"]) == (30, 1000)


def test_its_pages_follow_one_another(site: Client) -> None:
    first = ask(site, "GET", "/plans/?limit=1").json()
    rest = ask(site, "GET", f"/plans/?limit=1&cursor={first['next']}").json()
    assert [plan["plan_id"] for plan in first["items"] + rest["items"]] == [FREE, PRO]
    assert rest["next"] is None


def test_charlie_and_nobody_are_refused(site: Client) -> None:
    assert fault_of(ask(site, "GET", "/plans/", by=CHARLIE)) == (403, "forbidden")
    assert fault_of(ask(site, "GET", "/plans/", by=None)) == (401, "unauthenticated")
