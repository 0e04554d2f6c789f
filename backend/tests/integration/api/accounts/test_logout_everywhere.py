"""`POST /api/auth/logout-everywhere/`: all of my sessions end, of clients and pages, and nobody else's."""

from __future__ import annotations

from django.test import Client

from api.accounts.sign_in import page_session
from tests.integration.api.accounts.conftest import send, session_ids, signed_in
from tests.integration.api.conftest import ALICE, CHARLIE, bearer
from tests.integration.api.factories import fault_of


def test_it_ends_all_of_my_sessions(site: Client) -> None:
    found, page, charlie = signed_in(ALICE), signed_in(ALICE, "web"), signed_in(CHARLIE)
    answer = send(site, "logout-everywhere", None, **bearer(ALICE))
    assert (answer.status_code, answer.content) == (204, b"")
    assert session_ids(ALICE) == []
    assert send(site, "refresh", {"refresh_token": found.token}).status_code == 401
    assert page_session(page.token) is None
    assert session_ids(CHARLIE) == [charlie.session["session_id"]]
    assert send(site, "logout-everywhere", None, **bearer(ALICE)).status_code == 204


def test_who_is_not_signed_in_ends_nothing(site: Client) -> None:
    signed_in(ALICE)
    assert fault_of(send(site, "logout-everywhere", None)) == (401, "unauthenticated")
    assert len(session_ids(ALICE)) == 1
