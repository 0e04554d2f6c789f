"""`POST /api/auth/google/`: an ID token of Google signs in the user it speaks of, or makes one."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client

from api.accounts.nonces import new_nonce
from api.accounts.tokens import read_access_token
from api.composition import repositories
from api.dynamodb.metering import meter
from api.dynamodb.schema.records import User
from tests.integration.api.accounts.conftest import send, send_google, session_ids
from tests.integration.api.conftest import ALICE, BOB, CHARLIE
from tests.integration.api.factories import fault_of, fields_of
from tests.support.google import Google, claims_of, signing_key

ALICES: dict[str, Any] = {"sub": f"g-{ALICE}", "email": "alice@example.org"}


def test_it_signs_in_the_user_who_has_the_google_account(
    site: Client, google: Google, cast: dict[int, User]
) -> None:
    answer = send_google(site, google, **ALICES)
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "no-store"
    given = answer.json()
    assert given["user"] == {
        "user_id": ALICE, "name": "Alice", "email": "alice@example.org", "picture": cast[ALICE]["picture"],
        "is_staff": False, "plan_id": None,
    }  # fmt: skip
    assert (given["token_type"], given["expires_in"]) == ("Bearer", 600)
    who = read_access_token(given["access_token"])
    assert (who.user_id, who.session_id) == (ALICE, given["session_id"])
    assert session_ids() == [given["session_id"]]
    user = repositories().users.get_user(ALICE, consistent=True)
    assert user is not None
    assert user["last_login"] is not None
    assert send(site, "refresh", {"refresh_token": given["refresh_token"]}).status_code == 200


def test_a_changed_email_at_google_changes_nothing(site: Client, google: Google) -> None:
    answer = send_google(site, google, sub=f"g-{ALICE}", email="bob@example.org", name="Bobby")
    assert answer.json()["user"]["user_id"] == ALICE
    assert answer.json()["user"]["email"] == "alice@example.org"


def test_who_comes_for_the_first_time_becomes_a_user(site: Client, google: Google) -> None:
    first = send_google(site, google)
    assert first.status_code == 200
    user_id = first.json()["user"]["user_id"]
    assert user_id not in (ALICE, BOB, CHARLIE)
    user = repositories().users.get_user(user_id, consistent=True)
    assert user is not None
    assert user["last_login"] is not None
    assert {name: user[name] for name in ("email", "name", "google_id", "subscription_plan_id", "is_staff")} == {
        "email": "eve@example.org", "name": "Eve", "google_id": "g-5", "subscription_plan_id": None,
        "is_staff": False,
    }  # fmt: skip
    assert send_google(site, google).json()["user"]["user_id"] == user_id


def test_who_was_here_before_signs_in_with_four_calls(site: Client, google: Google) -> None:
    send_google(site, google)
    with meter.recording() as recording:
        assert send_google(site, google).status_code == 200
    assert recording.operations == ["PutItem", "GetItem", "UpdateItem", "PutItem"]


def test_google_is_added_to_the_user_who_has_the_email(site: Client, google: Google) -> None:
    user = repositories().users.create_user({"email": "Eve@Example.org", "name": "Evelyn", "user_id": 50})
    answer = send_google(site, google)
    assert answer.json()["user"]["user_id"] == 50
    linked = repositories().users.get_user(50, consistent=True)
    assert linked is not None
    assert (linked["google_id"], linked["name"], linked["email"]) == ("g-5", "Evelyn", "Eve@Example.org")
    assert linked["picture"] == "https://lh3.example/eve"
    assert linked["subscription_plan_id"] == user["subscription_plan_id"]


def test_an_email_of_another_google_account_is_a_conflict(site: Client, google: Google) -> None:
    answer = send_google(site, google, sub="g-other", email="ALICE@example.org")
    assert fault_of(answer) == (409, "conflict")
    assert session_ids() == []
    assert repositories().users.get_user_by_google_id("g-other") is None


@pytest.mark.parametrize(
    ("email", "other"),
    [
        ("kim@strasse.example", "kim@stra\u00dfe.example"), ("sam@example.org", "\u017fam@example.org"),
        ("kim@example.org", "\u212aim@example.org"),
    ],
)  # fmt: skip
def test_a_similar_address_of_another_person_opens_an_account_of_its_own(
    site: Client, google: Google, email: str, other: str
) -> None:
    repositories().users.create_user({"user_id": 50, "email": email})
    answer = send_google(site, google, sub="g-other", email=other)
    assert answer.status_code == 200
    assert answer.json()["user"]["user_id"] != 50
    assert answer.json()["user"]["email"] == other


@pytest.mark.parametrize(
    "stored", ["kim@example.org\u200b", "\ufeffKim@example.org", "kim@ex\u00adample.org"]
)
def test_an_address_that_is_stored_with_unseen_characters_is_its_owners(
    site: Client, google: Google, stored: str
) -> None:
    repositories().users.create_user({"user_id": 50, "email": stored})
    answer = send_google(site, google, sub="g-5", email="kim@example.org")
    assert answer.json()["user"]["user_id"] == 50


def test_an_address_with_an_unseen_character_inside_opens_no_account(site: Client, google: Google) -> None:
    answer = send_google(site, google, sub="g-9", email="k\u200bim@example.org")
    assert fault_of(answer) == (401, "unauthenticated")
    assert answer.json()["code"] == "google_email_unusable"
    assert repositories().users.get_user_by_google_id("g-9") is None


@pytest.mark.parametrize("known", [{"google_id": "g-5"}, {"email": "eve@example.org"}], ids=str)
def test_a_closed_account_is_refused(site: Client, google: Google, known: dict[str, str]) -> None:
    repositories().users.create_user({"user_id": 50, "is_active": False, **known})
    assert fault_of(send_google(site, google)) == (403, "forbidden")
    assert session_ids(50) == []
    user = repositories().users.get_user(50, consistent=True)
    assert user is not None
    assert user["version"] == 1


def test_a_nonce_serves_once(site: Client, google: Google) -> None:
    nonce = new_nonce()
    assert send_google(site, google, nonce, **ALICES).status_code == 200
    again = send_google(site, google, nonce, **ALICES)
    assert fault_of(again) == (422, "invalid")
    assert fields_of(again) == ["body.nonce"]
    assert len(session_ids()) == 1


def test_a_token_that_does_not_hold_leaves_the_nonce_unused(site: Client, google: Google) -> None:
    nonce = new_nonce()
    assert fault_of(send_google(site, google, nonce, aud="another")) == (401, "unauthenticated")
    assert send_google(site, google, nonce).status_code == 200


@pytest.mark.parametrize("nonce", ["made up", "a:b:c", "\u00e9:\u00e9:\u00e9", "x" * 128])
def test_a_nonce_that_is_not_ours_is_refused(site: Client, google: Google, nonce: str) -> None:
    answer = send_google(site, google, nonce)
    assert (fault_of(answer), fields_of(answer)) == ((422, "invalid"), ["body.nonce"])
    assert google.asked == 0


@pytest.mark.parametrize(("seconds", "status"), [(599, 200), (602, 422)])
def test_a_nonce_holds_for_ten_minutes(
    site: Client, google: Google, monkeypatch: pytest.MonkeyPatch, seconds: int, status: int
) -> None:
    nonce = new_nonce()
    sent = {"id_token": google.token(nonce, **ALICES), "nonce": nonce}
    later = time.time() + seconds
    monkeypatch.setattr(time, "time", lambda: later)
    assert send(site, "google", sent).status_code == status


def test_a_token_that_was_asked_with_another_nonce_is_refused(site: Client, google: Google) -> None:
    sent = {"id_token": google.token(new_nonce(), **ALICES), "nonce": new_nonce()}
    answer = send(site, "google", sent)
    assert fault_of(answer) == (401, "unauthenticated")
    assert answer["WWW-Authenticate"] == "Bearer"


def test_charlie_cannot_sign_in_as_alice_with_a_key_of_his_own(site: Client, google: Google) -> None:
    nonce = new_nonce()
    forged = signing_key("second").sign(claims_of(nonce, **ALICES), kid="first")
    assert fault_of(send(site, "google", {"id_token": forged, "nonce": nonce})) == (401, "unauthenticated")
    assert session_ids() == []


def test_without_google_it_says_when_to_try_again(site: Client, google: Google) -> None:
    google.close()
    answer = send_google(site, google)
    assert fault_of(answer) == (503, "unavailable")
    assert answer["Retry-After"] == "5"


def test_where_google_is_not_set_up_there_is_no_such_thing(
    site: Client, google: Google, settings: LazySettings
) -> None:
    settings.GOOGLE_CLIENT_IDS = []
    assert fault_of(send_google(site, google)) == (404, "not-found")


@pytest.mark.parametrize(
    ("document", "fields"),
    [
        ({}, ["body.id_token", "body.nonce"]),
        ({"id_token": "", "nonce": ""}, ["body.id_token", "body.nonce"]),
        ({"id_token": "x" * 8193, "nonce": "x" * 129}, ["body.id_token", "body.nonce"]),
        ({"id_token": 5, "nonce": ["x"]}, ["body.id_token", "body.nonce"]),
        ({"id_token": "x", "nonce": "x", "user_id": 1}, ["body.user_id"]),
    ],
)
def test_what_is_missing_or_odd_is_named(site: Client, document: dict[str, Any], fields: list[str]) -> None:
    answer = send(site, "google", document)
    assert (fault_of(answer), fields_of(answer)) == ((422, "invalid"), fields)


def test_of_first_sign_ins_at_once_one_makes_the_user(site: Client, google: Google) -> None:
    _together(google, 5)
    assert len({user["user_id"] for user in repositories().users.list_users().items}) == 5
    user = repositories().users.get_user_by_google_id("g-5")
    assert user is not None
    assert len(session_ids(user["user_id"])) == 5


def test_of_first_sign_ins_at_once_one_adds_google_to_the_user(site: Client, google: Google) -> None:
    repositories().users.create_user({"email": "eve@example.org", "user_id": 50})
    _together(google, 5)
    assert len(session_ids(50)) == 5


def _together(google: Google, count: int) -> None:
    """Sign-ins of Eve that begin at once, each from a client of its own; all have to succeed."""
    statuses: list[int] = []
    start = threading.Barrier(count, timeout=120)

    def sign_in() -> None:
        client = Client()
        start.wait()
        statuses.append(send_google(client, google).status_code)

    threads = [threading.Thread(target=sign_in, daemon=True) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert statuses == [200] * count
