"""Failed sign-ins: a network has 20 in ten minutes, and then waits without costing anything. Successes do not count."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client

from api.composition import repositories
from api.dynamodb.clock import frozen
from api.dynamodb.metering import meter
from tests.integration.api.accounts.conftest import send, send_development, send_google, signed_in
from tests.integration.api.factories import fault_of
from tests.support.google import Google

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def few(settings: LazySettings) -> None:
    settings.SIGN_IN_LIMIT = 3


def develop(site: Client, email: str = "nobody@example.org") -> Any:
    return send_development(site, email)


def fail_with_google(site: Client, google: Google) -> Any:
    return send_google(site, google, aud="another service")


def test_the_limit_is_twenty_unless_it_is_set(settings: LazySettings) -> None:
    from config.environment import read_environment

    assert read_environment({}).sign_in_limit == 20


def test_beyond_the_limit_it_says_when_to_come_again(own_machine: Client) -> None:
    with frozen(NOON + timedelta(minutes=4)):
        assert [develop(own_machine).status_code for _ in range(3)] == [404] * 3
        answer = develop(own_machine)
        assert fault_of(answer) == (429, "too-many-attempts")
        assert answer["Retry-After"] == "360"
    with frozen(NOON + timedelta(minutes=9, seconds=59.5)):
        assert develop(own_machine)["Retry-After"] == "1"
    with frozen(NOON + timedelta(minutes=10)):
        assert develop(own_machine).status_code == 404


def test_a_known_refusal_costs_no_call(own_machine: Client) -> None:
    with frozen(NOON):
        for _ in range(4):
            develop(own_machine)
        with meter.recording() as recording:
            assert develop(own_machine).status_code == 429
    assert recording.calls == []


def test_both_ways_to_sign_in_are_counted_together(own_machine: Client, google: Google) -> None:
    with frozen(NOON):
        develop(own_machine)
        for _ in range(2):
            assert fail_with_google(own_machine, google).status_code == 401
        assert fault_of(fail_with_google(own_machine, google)) == (429, "too-many-attempts")
        assert fault_of(develop(own_machine)) == (429, "too-many-attempts")


def test_others_are_not_held_back(site: Client, google: Google, settings: LazySettings) -> None:
    settings.TRUSTED_PROXIES = 1
    with frozen(NOON):
        for number in range(4):
            site.defaults["HTTP_X_FORWARDED_FOR"] = f"10.9.9.{number}, 203.0.113.1"
            last = fail_with_google(site, google)
        assert fault_of(last) == (429, "too-many-attempts")
        site.defaults["HTTP_X_FORWARDED_FOR"] = "203.0.113.1, 203.0.113.2"
        assert fail_with_google(site, google).status_code == 401


def test_all_students_of_a_school_can_sign_in(own_machine: Client, google: Google) -> None:
    with frozen(NOON):
        assert [send_google(own_machine, google).status_code for _ in range(6)] == [200] * 6
        assert [develop(own_machine, "alice@example.org").status_code for _ in range(6)] == [200] * 6
        assert develop(own_machine).status_code == 404


def test_invalid_id_tokens_do_not_block_a_valid_one(site: Client, google: Google) -> None:
    with frozen(NOON):
        failures = [fail_with_google(site, google).status_code for _ in range(4)]
        assert failures == [401, 401, 401, 429]
        assert send_google(site, google).status_code == 200


def test_a_sign_in_that_fails_for_want_of_google_is_nobodys_failure(site: Client, google: Google) -> None:
    google.close()
    with frozen(NOON):
        assert [send_google(site, google).status_code for _ in range(5)] == [503] * 5


def test_nonces_that_were_never_issued_are_failures(site: Client, google: Google) -> None:
    with frozen(NOON):
        failures = [send_google(site, google, "made up").status_code for _ in range(4)]
        assert failures == [422, 422, 422, 429]


def test_only_refreshes_that_fail_are_counted(site: Client) -> None:
    token = signed_in().token
    with frozen(NOON):
        for _ in range(5):
            answer = send(site, "refresh", {"refresh_token": token})
            assert answer.status_code == 200
            token = answer.json()["refresh_token"]
        failed = [send(site, "refresh", {"refresh_token": "x"}).status_code for _ in range(4)]
        assert failed == [401, 401, 401, 429]
        assert send(site, "refresh", {"refresh_token": "x"})["Retry-After"] == "600"


def test_made_up_refresh_tokens_do_not_block_one_that_was_issued(site: Client) -> None:
    token, ended = signed_in().token, signed_in()
    repositories().sessions.delete_session(ended.session["user_id"], ended.session["session_id"])
    with frozen(NOON):
        for _ in range(4):
            send(site, "refresh", {"refresh_token": "x"})
        assert send(site, "refresh", {"refresh_token": token}).status_code == 200
        refused = send(site, "refresh", {"refresh_token": ended.token})
        assert fault_of(refused) == (401, "unauthenticated"), "it says to sign in, and not to wait"


def test_failed_refreshes_do_not_hinder_signing_in(own_machine: Client) -> None:
    with frozen(NOON):
        for _ in range(4):
            send(own_machine, "refresh", {"refresh_token": "x"})
        assert send_development(own_machine, "alice@example.org").status_code == 200
