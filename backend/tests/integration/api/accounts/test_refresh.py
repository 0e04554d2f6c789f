"""`POST /api/auth/refresh/`: a refresh token gets one answer for a minute; one that comes later ends its session."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client

from api.accounts.session_tokens import SessionToken, new_secret, read_token
from api.accounts.tokens import read_access_token
from api.composition import repositories
from api.dynamodb.clock import frozen, utc_now
from api.dynamodb.metering import meter
from api.dynamodb.schema.ids import moment_of
from tests.integration.api.accounts.conftest import send, session_ids, signed_in
from tests.integration.api.conftest import ALICE, BOB, PRO
from tests.integration.api.factories import fault_of, fields_of


def refresh(site: Client, token: str) -> Any:
    return send(site, "refresh", {"refresh_token": token})


def test_it_gives_new_tokens(site: Client) -> None:
    first = signed_in(device="curl/8.5.0")
    with frozen(utc_now() + timedelta(days=3)) as later:
        answer = refresh(site, first.token)
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "no-store"
    given = answer.json()
    assert given["session_id"] == first.session["session_id"]
    assert given["refresh_token"] != first.token
    assert read_access_token(given["access_token"]).session_id == given["session_id"]
    (session,) = repositories().sessions.list_sessions(ALICE)
    assert (session["rotations"], session["used_at"], session["device"]) == (1, later, "curl/8.5.0")
    assert session["expires_at"] == int((later + timedelta(days=30)).timestamp())
    assert refresh(site, given["refresh_token"]).status_code == 200


def test_new_tokens_say_what_the_user_is_now(site: Client) -> None:
    token = signed_in(ALICE).token
    repositories().users.update_user(ALICE, {"is_staff": True, "subscription_plan_id": PRO})
    who = read_access_token(refresh(site, token).json()["access_token"])
    assert (who.is_staff, who.plan_id) == (True, PRO)


def test_an_old_token_ends_its_session_and_no_other(site: Client) -> None:
    first, other = signed_in(), signed_in()
    new = refresh(site, first.token).json()["refresh_token"]
    with frozen(utc_now() + timedelta(seconds=61)):
        answer = refresh(site, first.token)
    assert fault_of(answer) == (401, "unauthenticated")
    assert answer["WWW-Authenticate"] == "Bearer"
    assert fault_of(refresh(site, new)) == (401, "unauthenticated")
    assert session_ids() == [other.session["session_id"]]
    assert refresh(site, other.token).status_code == 200


def test_a_request_whose_answer_was_lost_can_be_sent_again(site: Client) -> None:
    token, began = signed_in().token, utc_now()
    with frozen(began):
        lost = refresh(site, token).json()
    for seconds in (0, 30, 60):
        with frozen(began + timedelta(seconds=seconds)):
            again = refresh(site, token)
            assert again.status_code == 200
            assert again.json()["refresh_token"] == lost["refresh_token"]
            assert read_access_token(again.json()["access_token"]).session_id == lost["session_id"]
    (session,) = repositories().sessions.list_sessions(ALICE)
    assert (session["rotations"], session["used_at"]) == (1, began)
    assert refresh(site, lost["refresh_token"]).status_code == 200


def test_the_same_answer_survives_a_change_of_the_key(site: Client, settings: LazySettings) -> None:
    token = signed_in().token
    lost = refresh(site, token).json()["refresh_token"]
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "n" * 30 + "0123456789abcdefghijklmnopqrstuv"
    again = refresh(site, token).json()["refresh_token"]
    assert again.split(".")[2][:43] == lost.split(".")[2][:43]
    assert refresh(site, again).status_code == 200


def test_a_token_of_two_refreshes_before_ends_its_session_at_once(site: Client) -> None:
    token = signed_in().token
    second = refresh(site, token).json()["refresh_token"]
    assert refresh(site, second).status_code == 200
    assert fault_of(refresh(site, token)) == (401, "unauthenticated")
    assert session_ids() == []


def test_nobody_can_work_out_the_next_token(site: Client) -> None:
    first = signed_in().token
    second = refresh(site, first).json()["refresh_token"]
    secrets = [token.split(".")[2][:43] for token in (first, second)]
    with_our_key = read_token("api", first)
    assert with_our_key is not None
    assert with_our_key.next_secret() == secrets[1] != secrets[0]
    assert SessionToken(ALICE, 1, first, "", b"another key").next_secret() != secrets[1]


def test_of_refreshes_at_once_all_get_the_same_answer(site: Client) -> None:
    token = signed_in().token
    answers: list[Any] = []
    start = threading.Barrier(4, timeout=120)

    def ask() -> None:
        client = Client()
        start.wait()
        answers.append(refresh(client, token))

    threads = [threading.Thread(target=ask, daemon=True) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert [answer.status_code for answer in answers] == [200] * 4
    (new,) = {answer.json()["refresh_token"] for answer in answers}
    assert refresh(site, new).status_code == 200
    (session,) = repositories().sessions.list_sessions(ALICE)
    assert session["rotations"] == 2


def test_it_lasts_thirty_days_from_its_last_use(site: Client) -> None:
    token, began = signed_in().token, utc_now()
    with frozen(began + timedelta(days=29)):
        token = refresh(site, token).json()["refresh_token"]
    with frozen(began + timedelta(days=58)):
        token = refresh(site, token).json()["refresh_token"]
    with frozen(began + timedelta(days=88, seconds=1)):
        assert fault_of(refresh(site, token)) == (401, "unauthenticated")


def test_it_lasts_ninety_days_from_its_sign_in_however_it_is_used(site: Client) -> None:
    session = signed_in()
    token, began = session.token, moment_of(session.session["session_id"])
    for days in (25, 50, 75, 89):
        with frozen(began + timedelta(days=days)):
            token = refresh(site, token).json()["refresh_token"]
    (stored,) = repositories().sessions.list_sessions(ALICE)
    assert stored["expires_at"] == int((began + timedelta(days=90)).timestamp())
    with frozen(began + timedelta(days=90)):
        assert fault_of(refresh(site, token)) == (401, "unauthenticated")
        assert session_ids() == []


def test_a_session_of_before_that_is_too_old_already_ends(site: Client) -> None:
    """It may have been prolonged beyond its longest lifetime."""
    session = signed_in()
    with frozen(utc_now() + timedelta(days=91)):
        repositories().sessions.touch_session(
            ALICE,
            session.session["session_id"],
            session.session["token_hash"],
            utc_now() + timedelta(days=30),
        )
        assert fault_of(refresh(site, session.token)) == (401, "unauthenticated")


def test_a_closed_account_gets_nothing_and_its_session_ends(site: Client) -> None:
    token = signed_in().token
    repositories().users.deactivate_user(ALICE)
    assert fault_of(refresh(site, token)) == (401, "unauthenticated")
    assert session_ids() == []


def test_a_deleted_account_gets_nothing(site: Client) -> None:
    token = signed_in().token
    repositories().users.delete_user(ALICE)
    assert fault_of(refresh(site, token)) == (401, "unauthenticated")


def test_a_token_that_we_never_gave_ends_nobodys_session(site: Client) -> None:
    found = signed_in()
    parts = found.token.split(".")
    for made_up in (
        f"{ALICE}.{found.session['session_id']}.{new_secret()}{'A' * 16}", f"{BOB}.{parts[1]}.{parts[2]}",
        found.token[:-1] + ("A" if found.token[-1] != "A" else "B"), "x", "..", "é",
    ):  # fmt: skip
        with meter.recording() as recording:
            assert fault_of(refresh(site, made_up)) == (401, "unauthenticated")
        assert [call.entity for call in recording.calls] == ["address_window"]
    assert refresh(site, found.token).status_code == 200


def test_charlie_cannot_go_on_with_a_session_that_was_ended(site: Client) -> None:
    token = signed_in().token
    repositories().sessions.delete_all_sessions(ALICE)
    assert fault_of(refresh(site, token)) == (401, "unauthenticated")
    assert session_ids() == []


def test_a_cookie_of_the_pages_is_no_refresh_token(site: Client) -> None:
    cookie = signed_in(kind="web")
    assert fault_of(refresh(site, cookie.token)) == (401, "unauthenticated")
    assert session_ids() == [cookie.session["session_id"]]


@pytest.mark.parametrize(
    "document", [{}, {"refresh_token": ""}, {"refresh_token": "x" * 129}, {"refresh_token": 5}]
)
def test_what_is_missing_or_odd_is_named(site: Client, document: dict[str, Any]) -> None:
    answer = send(site, "refresh", document)
    assert (fault_of(answer), fields_of(answer)) == ((422, "invalid"), ["body.refresh_token"])


def test_a_body_that_is_no_json_is_refused(site: Client) -> None:
    answer = site.post("/api/auth/refresh/", b"{", content_type="application/json")
    assert fault_of(answer) == (400, "bad-request")
