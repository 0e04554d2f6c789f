"""`POST /api/auth/nonce/`: what a client asks Google with."""

from __future__ import annotations

from django.test import Client

from api.accounts.nonces import check_nonce
from api.dynamodb.metering import meter
from tests.integration.api.accounts.conftest import send


def test_it_gives_a_nonce_without_a_call(site: Client) -> None:
    with meter.recording() as recording:
        answer = send(site, "nonce", None)
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "no-store"
    check_nonce(answer.json()["nonce"])
    assert answer.json()["expires_in"] == 600
    assert recording.calls == []


def test_each_is_new(site: Client) -> None:
    assert len({send(site, "nonce", None).json()["nonce"] for _ in range(5)}) == 5


def test_it_may_only_be_asked_for_by_post(site: Client) -> None:
    assert site.get("/api/auth/nonce/").status_code == 405
