"""Personal tokens on the account page."""

from __future__ import annotations

import re
from datetime import timedelta

from django.test import Client

from api.accounts.personal_tokens import PREFIX, list_tokens
from api.dynamodb.clock import frozen, utc_now
from tests.integration.api.conftest import ALICE

FORM = {"token_name": "Backup script", "scopes": ["read", "write"], "days": "90"}


def test_a_token_is_shown_once_works_and_can_be_revoked(alice: Client) -> None:
    page = alice.post("/account/tokens/", FORM)
    assert (page.status_code, page["Cache-Control"]) == (200, "no-store")
    (token,) = re.findall(rf'value="({PREFIX}[^"]+)"', page.text)
    assert Client().get("/api/me/", headers={"Authorization": f"Bearer {token}"}).status_code == 200
    later = alice.get("/account/").text
    assert "Backup script" in later
    assert token not in later
    (stored,) = list_tokens(ALICE)
    answer = alice.post(f"/account/tokens/{stored['session_id']}/revoke/")
    assert (answer.status_code, answer["Location"]) == (303, "/account/#tokens")
    assert Client().get("/api/me/", headers={"Authorization": f"Bearer {token}"}).status_code == 401


def test_what_is_wrong_is_said_and_the_entries_stay(alice: Client) -> None:
    page = alice.post("/account/tokens/", {**FORM, "scopes": []})
    assert page.status_code == 422
    assert "Choose one of read, write, staff." in page.text
    assert 'value="Backup script"' in page.text
    assert alice.post("/account/tokens/", {**FORM, "days": "400"}).status_code == 422
    assert list_tokens(ALICE).items == []


def test_the_scope_of_staff_is_offered_to_staff_alone(alice: Client, dora: Client) -> None:
    assert 'value="staff"' not in alice.get("/account/").text
    assert 'value="staff"' in dora.get("/account/").text
    assert alice.post("/account/tokens/", {**FORM, "scopes": ["staff"]}).status_code == 403


def test_making_one_needs_a_recent_sign_in(alice: Client) -> None:
    with frozen(utc_now() + timedelta(minutes=20)):
        answer = alice.post("/account/tokens/", FORM)
    assert answer["Location"].startswith("/sign-in/?next=%2Faccount%2F")
    assert list_tokens(ALICE).items == []
