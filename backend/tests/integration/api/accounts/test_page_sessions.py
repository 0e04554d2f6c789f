"""Sessions of pages: what a cookie opens, for how long, and what ends it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client

from api.accounts.session_tokens import new_secret, token_text
from api.accounts.sign_in import close_page_session, page_session
from api.composition import repositories
from api.dynamodb.clock import frozen, utc_now
from api.dynamodb.errors import Throttled
from api.dynamodb.metering import meter
from api.dynamodb.repositories import SessionRepository
from api.dynamodb.schema.ids import moment_of
from tests.integration.api.accounts.conftest import session_ids, signed_in
from tests.integration.api.conftest import ALICE, CHARLIE


@pytest.fixture
def cookie(site: Client) -> str:
    """The cookie of a session of Alice."""
    return signed_in(ALICE, "web").token


def test_a_cookie_opens_its_session(cookie: str) -> None:
    with meter.recording() as recording:
        found = page_session(cookie)
    assert found is not None
    session, user = found
    assert (session["user_id"], user["name"], session["kind"]) == (ALICE, "Alice", "web")
    assert recording.operations == ["BatchGetItem"]


def test_once_a_day_its_use_is_noted_and_it_lasts_longer(cookie: str) -> None:
    began = utc_now()
    for hours, operations in ((23, 1), (25, 2), (26, 1), (48, 1), (49, 2)):
        with frozen(began + timedelta(hours=hours)) as now, meter.recording() as recording:
            found = page_session(cookie)
        assert found is not None
        assert len(recording.operations) == operations
        if operations == 2:
            assert found[0]["used_at"] == now
            assert found[0]["expires_at"] == int((now + timedelta(days=30)).timestamp())
            assert recording.operations[-1] == "UpdateItem"


def test_it_ends_ninety_days_after_the_sign_in_however_it_is_used(cookie: str) -> None:
    began = moment_of(session_ids()[0])
    for days in (25, 50, 75, 89):
        with frozen(began + timedelta(days=days)):
            assert page_session(cookie) is not None
    (session,) = repositories().sessions.list_sessions(ALICE)
    assert session["expires_at"] == int((began + timedelta(days=90)).timestamp())
    with frozen(began + timedelta(days=90)):
        assert page_session(cookie) is None


def test_unused_it_ends_after_thirty_days(cookie: str) -> None:
    with frozen(utc_now() + timedelta(days=30, seconds=1)):
        assert page_session(cookie) is None


def test_a_page_is_shown_also_when_its_use_cannot_be_noted(
    cookie: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_: object) -> None:
        raise Throttled("busy")

    monkeypatch.setattr(SessionRepository, "touch_session", busy)
    with frozen(utc_now() + timedelta(days=2)):
        assert page_session(cookie) is not None


def test_a_session_that_ends_while_it_is_noted_is_ended(cookie: str, monkeypatch: pytest.MonkeyPatch) -> None:
    touch = SessionRepository.touch_session

    def too_late(self: SessionRepository, user_id: int, session_id: int, *rest: object) -> object:
        self.delete_session(user_id, session_id)
        return touch(self, user_id, session_id, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(SessionRepository, "touch_session", too_late)
    with frozen(utc_now() + timedelta(days=2)):
        assert page_session(cookie) is None
    assert session_ids() == []


ENDS: dict[str, Callable[[str], object]] = {
    "closed": close_page_session,
    "ended everywhere": lambda _: repositories().sessions.delete_all_sessions(ALICE),
    "account closed": lambda _: repositories().users.deactivate_user(ALICE),
    "account deleted": lambda _: repositories().users.delete_user(ALICE),
}


@pytest.mark.parametrize("end", ENDS)
def test_a_cookie_of_what_has_ended_opens_nothing(cookie: str, end: str) -> None:
    ENDS[end](cookie)
    assert page_session(cookie) is None


def test_what_somebody_made_up_opens_and_ends_nothing_without_a_call(cookie: str) -> None:
    user_id, session_id, secret = cookie.split(".")
    charlie = signed_in(CHARLIE, "web").token.split(".")
    with meter.recording() as recording:
        for made_up in (
            "", "x", f"{user_id}.{session_id}.{charlie[2]}", f"{charlie[0]}.{session_id}.{secret}",
            f"{user_id}.{charlie[1]}.{secret}", f"{user_id}.{session_id}.{new_secret()}{secret[43:]}",
        ):  # fmt: skip
            assert page_session(made_up) is None
            close_page_session(made_up)
    assert recording.calls == []
    assert page_session(cookie) is not None


def test_a_secret_that_is_not_the_sessions_opens_nothing(cookie: str) -> None:
    user_id, session_id, _ = cookie.split(".")
    ours_but_old = token_text("web", int(user_id), int(session_id), new_secret())
    assert page_session(ours_but_old) is None


def test_a_refresh_token_opens_no_page(site: Client) -> None:
    found = signed_in(ALICE)
    assert page_session(found.token) is None
    number, secret = found.session["session_id"], found.token.split(".")[2][:43]
    assert page_session(token_text("web", ALICE, number, secret)) is None
