"""Deletion and export on the pages want a sign-in of the last 15 minutes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.conf import LazySettings
from django.test import Client

from api.composition import repositories
from api.dynamodb.clock import frozen, utc_now
from tests.integration.api.accounts.conftest import RUN_SECRET
from tests.integration.api.conftest import ALICE

HERE = {"Referer": "http://localhost/account/"}


@pytest.fixture
def later(alice: Client, settings: LazySettings) -> Iterator[Client]:
    """Alice's browser on a developer's machine, twenty minutes after she signed in."""
    settings.DEBUG = True
    settings.SIGN_IN_SECRET = RUN_SECRET
    alice.defaults["HTTP_HOST"] = "localhost"
    with frozen(utc_now() + timedelta(minutes=20)):
        yield alice


@pytest.mark.parametrize(
    ("method", "path", "following"),
    [
        ("get", "/account/export/", "%2Faccount%2F"),
        ("get", "/account/delete/", "%2Faccount%2Fdelete%2F"),
        ("post", "/account/delete/", "%2Faccount%2Fdelete%2F"),
    ],
)
def test_an_old_session_leads_to_the_sign_in_page(
    later: Client, method: str, path: str, following: str
) -> None:
    answer = getattr(later, method)(path, {"confirm": "DELETE"}, headers=HERE)
    assert (answer.status_code, answer["Location"]) == (303, f"/sign-in/?next={following}&again=1")
    page = later.get(answer["Location"])
    assert "You signed in more than 15 minutes ago" in page.text
    user = repositories().users.get_user(ALICE, consistent=True)
    assert user is not None
    assert user["is_active"]


def test_after_signing_in_again_the_deletion_can_be_confirmed(alice: Client, settings: LazySettings) -> None:
    settings.DEBUG = True
    settings.SIGN_IN_SECRET = RUN_SECRET
    alice.defaults["HTTP_HOST"] = "localhost"
    with frozen(utc_now() + timedelta(minutes=20)):
        address = alice.get("/account/delete/")["Location"]
        alice.get(f"/sign-in/development/open/?secret={RUN_SECRET}")
        form = alice.get(address).text
        assert 'name="next" value="/account/delete/"' in form
    answer = alice.post("/sign-in/development/", {"email": "alice@example.org", "next": "/account/delete/"})
    assert answer["Location"] == "/account/delete/"
    assert "Delete account permanently" in alice.get(answer["Location"]).text
    assert len(repositories().sessions.list_sessions(ALICE).items) == 1, "the session before is ended"


def test_whoever_signed_in_recently_is_not_asked_again(alice: Client) -> None:
    assert alice.get("/sign-in/?next=/timeline/&again=1")["Location"] == "/timeline/"
    assert alice.get("/account/delete/").status_code == 200
