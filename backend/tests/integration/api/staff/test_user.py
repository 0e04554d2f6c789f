"""GET /api/staff/users/{id}/: one user, with its version."""

from __future__ import annotations

from django.test import Client

from api.composition import repositories
from tests.integration.api.conftest import BOB, CHARLIE, PRO
from tests.integration.api.factories import fault_of
from tests.integration.api.staff_requests import ask


def test_it_shows_the_user_as_it_is_now(site: Client) -> None:
    repositories().users.update_user(BOB, {"name": "Robert"})
    response = ask(site, "GET", f"/users/{BOB}/")
    user = response.json()
    assert (user["name"], user["subscription_plan_id"], user["version"]) == ("Robert", PRO, 2)
    assert response["ETag"] == f'"{BOB}-2"'
    assert response["Cache-Control"] == "no-store"


def test_it_never_shows_the_google_account(site: Client) -> None:
    assert b"g-2" not in ask(site, "GET", f"/users/{BOB}/").content


def test_there_is_no_other(site: Client) -> None:
    assert fault_of(ask(site, "GET", "/users/77/")) == (404, "not-found")
    assert fault_of(ask(site, "GET", "/users/x/")) == (422, "invalid")


def test_charlie_and_nobody_are_refused_their_own_record_too(site: Client) -> None:
    assert fault_of(ask(site, "GET", f"/users/{CHARLIE}/", by=CHARLIE)) == (403, "forbidden")
    assert fault_of(ask(site, "GET", f"/users/{CHARLIE}/", by=None)) == (401, "unauthenticated")
