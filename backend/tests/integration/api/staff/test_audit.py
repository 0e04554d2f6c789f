"""GET /api/staff/audit/: who of the staff changed what."""

from __future__ import annotations

from django.test import Client

from tests.integration.api.conftest import BOB, CHARLIE, DORA, FREE
from tests.integration.api.factories import fault_of
from tests.integration.api.staff_requests import ask


def test_it_shows_entries_newest_first_in_pages(site: Client) -> None:
    for number in (6, 7, 8):
        ask(site, "PATCH", f"/plans/{FREE}/", {"max_hints_per_day": number})
    ask(site, "PATCH", f"/users/{BOB}/", {"is_staff": True}, if_match="*")
    first = ask(site, "GET", "/audit/?limit=2")
    rest = ask(site, "GET", f"/audit/?limit=2&cursor={first.json()['next']}").json()
    entries = first.json()["items"] + rest["items"]
    assert [entry["action"] for entry in entries] == ["user.update", *["plan.update"] * 3]
    assert [entry["changes"].get("max_hints_per_day") for entry in entries[1:]] == [
        {"old": 7, "new": 8}, {"old": 6, "new": 7}, {"old": 5, "new": 6},
    ]  # fmt: skip
    assert {entry["staff_id"] for entry in entries} == {DORA}
    assert set(entries[0]) == {"audit_id", "staff_id", "action", "target", "changes", "created_at"}
    assert rest["next"] is None


def test_a_cursor_is_of_who_got_it(site: Client) -> None:
    for number in (6, 7):
        ask(site, "PATCH", f"/plans/{FREE}/", {"max_hints_per_day": number})
    ask(site, "PATCH", f"/users/{BOB}/", {"is_staff": True}, if_match="*")
    cursor = ask(site, "GET", "/audit/?limit=1").json()["next"]
    assert fault_of(ask(site, "GET", f"/audit/?cursor={cursor}", by=BOB)) == (422, "invalid")


def test_charlie_and_nobody_are_refused(site: Client) -> None:
    assert fault_of(ask(site, "GET", "/audit/", by=CHARLIE)) == (403, "forbidden")
    assert fault_of(ask(site, "GET", "/audit/", by=None)) == (401, "unauthenticated")
