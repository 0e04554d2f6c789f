"""GET /api/staff/users/: all users, newest first."""

from __future__ import annotations

from django.test import Client

from tests.integration.api.conftest import ALICE, BOB, CHARLIE, DORA
from tests.integration.api.factories import fault_of, fields_of
from tests.integration.api.staff_requests import ask


def test_it_lists_everybody_newest_first(site: Client) -> None:
    items = ask(site, "GET", "/users/").json()["items"]
    assert [user["user_id"] for user in items] == [DORA, CHARLIE, BOB, ALICE]
    assert set(items[0]) == {
        "user_id", "email", "name", "picture", "subscription_plan_id", "is_active", "is_staff", "created_at",
        "updated_at", "last_login", "is_profile_public", "version",
    }  # fmt: skip


def test_its_pages_follow_one_another(site: Client) -> None:
    first = ask(site, "GET", "/users/?limit=3")
    assert f"cursor={first.json()['next'].replace('=', '%3D')}" in first["Link"]
    rest = ask(site, "GET", f"/users/?limit=3&cursor={first.json()['next']}").json()
    assert [user["user_id"] for user in rest["items"]] == [ALICE]
    assert rest["next"] is None


def test_a_cursor_of_another_list_is_refused(site: Client) -> None:
    cursor = ask(site, "GET", "/plans/?limit=1").json()["next"]
    response = ask(site, "GET", f"/users/?cursor={cursor}")
    assert fault_of(response) == (422, "invalid")
    assert fields_of(response) == ["query.cursor"]


def test_charlie_and_nobody_are_refused(site: Client) -> None:
    assert fault_of(ask(site, "GET", "/users/", by=CHARLIE)) == (403, "forbidden")
    assert fault_of(ask(site, "GET", "/users/", by=None)) == (401, "unauthenticated")
