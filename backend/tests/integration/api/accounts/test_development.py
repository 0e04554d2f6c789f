"""`POST /api/auth/development/`: any user by e-mail address, with the secret of the run; else it does not exist."""

from __future__ import annotations

import pytest
from django.conf import LazySettings
from django.test import Client

from api.accounts.development import sign_in_by_email, suggested_users
from api.accounts.tokens import read_access_token
from api.composition import repositories
from api.dynamodb.metering import meter
from api.http.errors import ApiError
from api.http.problem_types import NOT_FOUND
from tests.integration.api.accounts.conftest import RUN_SECRET, send_development, session_ids
from tests.integration.api.conftest import ALICE, DORA
from tests.integration.api.factories import fault_of, fields_of


def test_it_signs_in_by_email(own_machine: Client) -> None:
    answer = send_development(own_machine, " Alice@Example.org", User_Agent="curl/8.5.0")
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "no-store"
    assert read_access_token(answer.json()["access_token"]).user_id == ALICE
    (session,) = repositories().sessions.list_sessions(ALICE)
    assert (session["kind"], session["device"]) == ("api", "curl/8.5.0")
    user = repositories().users.get_user(ALICE, consistent=True)
    assert user is not None
    assert user["last_login"] == session["created_at"]


def test_staff_is_told_as_staff(own_machine: Client) -> None:
    answer = send_development(own_machine, "dora@example.org")
    assert answer.json()["user"]["is_staff"] is True
    assert read_access_token(answer.json()["access_token"]).is_staff


def test_it_makes_no_user(own_machine: Client) -> None:
    answer = send_development(own_machine, "nobody@example.org")
    assert fault_of(answer) == (404, "not-found")
    assert len(repositories().users.list_users()) == 4


def test_a_closed_account_is_refused(own_machine: Client) -> None:
    repositories().users.deactivate_user(ALICE)
    answer = send_development(own_machine, "alice@example.org")
    assert fault_of(answer) == (403, "forbidden")
    assert session_ids() == []


@pytest.mark.parametrize("elsewhere", ["no debug", "another machine", "another name", "a proxy"])
def test_elsewhere_it_does_not_exist(own_machine: Client, settings: LazySettings, elsewhere: str) -> None:
    match elsewhere:
        case "no debug":
            settings.DEBUG = False
        case "another machine":
            own_machine.defaults["REMOTE_ADDR"] = "192.0.2.1"
        case "another name":
            settings.ALLOWED_HOSTS = ["algoitny.example"]
            own_machine.defaults["HTTP_HOST"] = "algoitny.example"
        case _:
            own_machine.defaults["HTTP_X_FORWARDED_FOR"] = "127.0.0.1"
    with meter.recording() as recording:
        answer = send_development(own_machine, "alice@example.org")
    assert fault_of(answer) == (404, "not-found")
    assert answer.json()["detail"] == "Page not found."
    assert recording.calls == []


@pytest.mark.parametrize("secret", ["", "x", RUN_SECRET[:-1], RUN_SECRET + "x", RUN_SECRET.upper(), "é" * 38])
def test_nothing_but_the_secret_of_the_run_opens_it(own_machine: Client, secret: str) -> None:
    """Such as a proxy of this machine that sends no forwarding header, an ssh tunnel, or socat."""
    with meter.recording() as recording:
        answer = send_development(own_machine, "alice@example.org", secret)
    assert fault_of(answer) == (404, "not-found")
    assert recording.calls == []


def test_a_cookie_of_the_pages_does_not_open_it(own_machine: Client) -> None:
    own_machine.cookies["development-sign-in"] = RUN_SECRET
    assert send_development(own_machine, "alice@example.org", "").status_code == 404


@pytest.mark.parametrize("secret", [None, ""])
def test_a_run_without_a_secret_has_no_such_sign_in(
    own_machine: Client, settings: LazySettings, secret: str | None
) -> None:
    settings.SIGN_IN_SECRET = secret
    assert send_development(own_machine, "alice@example.org", "").status_code == 404


def test_whoever_calls_it_without_debug_is_refused(site: Client) -> None:
    with pytest.raises(ApiError) as caught:
        sign_in_by_email("alice@example.org", kind="web", device=None, address="127.0.0.1")
    assert caught.value.problem is NOT_FOUND


@pytest.mark.parametrize("email", ["", "x" * 321])
def test_an_address_that_cannot_be_is_named(own_machine: Client, email: str) -> None:
    answer = send_development(own_machine, email)
    assert (fault_of(answer), fields_of(answer)) == ((422, "invalid"), ["body.email"])


def test_it_suggests_users_of_the_demonstration_staff_first(site: Client) -> None:
    repositories().users.create_user({"user_id": 5, "email": "eve@example.org", "is_active": False})
    assert [(one.name, one.email, one.is_staff) for one in suggested_users()] == [
        ("Dora", "dora@example.org", True), ("Alice", "alice@example.org", False),
        ("Bob", "bob@example.org", False), ("Charlie", "charlie@example.org", False),
    ]  # fmt: skip
    repositories().users.deactivate_user(DORA)
    repositories().users.update_user(ALICE, {"name": None})
    assert [one.name for one in suggested_users()] == ["alice@example.org", "Bob", "Charlie"]
