"""Attempts to sign in: a network has 20 in ten minutes, and then waits without costing anything."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client

from api.dynamodb import meter
from api.dynamodb.clock import frozen
from tests.integration.api.accounts.conftest import send, send_google, signed_in
from tests.integration.api.things import fault_of
from tests.support.google import Google

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def few(settings: LazySettings) -> None:
    settings.SIGN_IN_LIMIT = 3


def develop(site: Client, **headers: str) -> Any:
    return send(site, "development", {"email": "nobody@example.org"}, **headers)


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
            assert send_google(own_machine, google).status_code == 200
        assert fault_of(send_google(own_machine, google)) == (429, "too-many-attempts")
        assert fault_of(develop(own_machine)) == (429, "too-many-attempts")


def test_others_are_not_held_back(site: Client, google: Google, settings: LazySettings) -> None:
    settings.TRUSTED_PROXIES = 1
    with frozen(NOON):
        for number in range(4):
            site.defaults["HTTP_X_FORWARDED_FOR"] = f"10.9.9.{number}, 203.0.113.1"
            last = send_google(site, google)
        assert fault_of(last) == (429, "too-many-attempts")
        site.defaults["HTTP_X_FORWARDED_FOR"] = "203.0.113.1, 203.0.113.2"
        assert send_google(site, google).status_code == 200


def test_a_nonce_is_not_used_up_by_a_refused_attempt(site: Client, google: Google) -> None:
    from api.accounts.nonces import new_nonce

    nonce = new_nonce()
    with frozen(NOON):
        for _ in range(3):
            send_google(site, google)
        assert send_google(site, google, nonce).status_code == 429
    with frozen(NOON + timedelta(minutes=10)):
        assert send_google(site, google, nonce).status_code == 200


def test_only_refreshes_that_fail_are_counted(site: Client) -> None:
    token = signed_in().token
    with frozen(NOON):
        for _ in range(5):
            answer = send(site, "refresh", {"refresh_token": token})
            assert answer.status_code == 200
            token = answer.json()["refresh_token"]
        failed = [send(site, "refresh", {"refresh_token": "x"}).status_code for _ in range(4)]
        assert failed == [401, 401, 401, 429]
        refused = send(site, "refresh", {"refresh_token": token})
        assert fault_of(refused) == (429, "too-many-attempts")
        assert refused["Retry-After"] == "600"
    with frozen(NOON + timedelta(minutes=10)):
        assert send(site, "refresh", {"refresh_token": token}).status_code == 200


def test_failed_refreshes_do_not_hinder_signing_in(own_machine: Client) -> None:
    with frozen(NOON):
        for _ in range(4):
            send(own_machine, "refresh", {"refresh_token": "x"})
        assert send(own_machine, "development", {"email": "alice@example.org"}).status_code == 200
