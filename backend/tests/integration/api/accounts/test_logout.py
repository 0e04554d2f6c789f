"""`POST /api/auth/logout/`: the session of a refresh token ends, and it is not told whether there was one."""

from __future__ import annotations

from django.test import Client

from api.accounts.session_tokens import new_secret
from tests.integration.api.accounts.conftest import send, session_ids, signed_in
from tests.integration.api.conftest import ALICE, CHARLIE
from tests.integration.api.factories import fault_of, fields_of


def test_it_ends_the_session(site: Client) -> None:
    found, other = signed_in(), signed_in()
    answer = send(site, "logout", {"refresh_token": found.token})
    assert (answer.status_code, answer.content) == (204, b"")
    assert session_ids() == [other.session["session_id"]]
    assert send(site, "refresh", {"refresh_token": found.token}).status_code == 401
    assert send(site, "logout", {"refresh_token": found.token}).status_code == 204


def test_a_token_that_has_served_ends_it_too(site: Client) -> None:
    found = signed_in()
    send(site, "refresh", {"refresh_token": found.token})
    assert send(site, "logout", {"refresh_token": found.token}).status_code == 204
    assert session_ids() == []


def test_charlie_cannot_end_a_session_of_alice(site: Client) -> None:
    alice, charlie = signed_in(ALICE), signed_in(CHARLIE)
    number = alice.session["session_id"]
    for made_up in (
        f"{ALICE}.{number}.{new_secret()}{'A' * 16}", f"{ALICE}.{number}.{charlie.token.split('.')[2]}", "x"
    ):  # fmt: skip
        assert send(site, "logout", {"refresh_token": made_up}).status_code == 204
    assert session_ids(ALICE) == [number]


def test_a_missing_token_is_named(site: Client) -> None:
    answer = send(site, "logout", {})
    assert (fault_of(answer), fields_of(answer)) == ((422, "invalid"), ["body.refresh_token"])
