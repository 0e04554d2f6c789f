"""GET /api/staff/users/by-email/: a user by e-mail address."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.integration.api.conftest import BOB, CHARLIE
from tests.integration.api.factories import fault_of
from tests.integration.api.staff_requests import ask


@pytest.mark.parametrize("email", ["bob@example.org", "BOB@Example.org", "%20bob@example.org"])
def test_it_finds_the_user_letter_case_aside(site: Client, email: str) -> None:
    response = ask(site, "GET", f"/users/by-email/?email={email}")
    assert response.json()["user_id"] == BOB
    assert response["ETag"] == f'"{BOB}-1"'


@pytest.mark.parametrize(
    ("query", "fault"),
    [("email=eve@example.org", (404, "not-found")), ("email=", (422, "invalid")), ("", (422, "invalid"))],
)
def test_it_finds_nobody_else(site: Client, query: str, fault: tuple[int, str]) -> None:
    assert fault_of(ask(site, "GET", f"/users/by-email/?{query}")) == fault


def test_charlie_and_nobody_learn_not_even_whether_there_is_one(site: Client) -> None:
    for email in ("bob@example.org", "eve@example.org"):
        address = f"/users/by-email/?email={email}"
        assert fault_of(ask(site, "GET", address, by=CHARLIE)) == (403, "forbidden")
        assert fault_of(ask(site, "GET", address, by=None)) == (401, "unauthenticated")
