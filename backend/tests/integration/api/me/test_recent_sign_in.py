"""What cannot be undone or shows everything wants a sign-in of the last 15 minutes: deletion and export."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from api.composition import repositories
from api.dynamodb.clock import frozen
from api.dynamodb.metering import meter
from api.dynamodb.schema.ids import moment_of
from tests.integration.api.accounts.conftest import send, signed_in
from tests.integration.api.conftest import ALICE, bearer
from tests.integration.api.factories import fault_of

MINUTES = timedelta(minutes=1)


def ask(site: Client, way: str, token: str) -> Any:
    headers = {"Authorization": f"Bearer {token}"}
    if way == "export":
        return site.get("/api/me/export/", headers=headers)
    return site.delete("/api/me/", {"confirm": "no"}, content_type="application/json", headers=headers)


@pytest.mark.parametrize("way", ["export", "deletion"])
def test_an_old_session_is_asked_to_sign_in_again(site: Client, way: str) -> None:
    session_id = signed_in().session["session_id"]
    token = bearer(ALICE, session_id=session_id)["Authorization"].removeprefix("Bearer ")
    with frozen(moment_of(session_id) + 15 * MINUTES), meter.recording() as recording:
        answer = ask(site, way, token)
    assert fault_of(answer) == (401, "unauthenticated")
    assert answer.json()["code"] == "sign_in_again"
    assert answer["WWW-Authenticate"] == 'Bearer error="insufficient_user_authentication", max_age="900"'
    assert recording.calls == []


@pytest.mark.parametrize(("way", "status"), [("export", 200), ("deletion", 422)])
def test_a_recent_one_is_served(site: Client, way: str, status: int) -> None:
    session_id = signed_in().session["session_id"]
    token = bearer(ALICE, session_id=session_id)["Authorization"].removeprefix("Bearer ")
    with frozen(moment_of(session_id) + 14.9 * MINUTES):
        assert ask(site, way, token).status_code == status


def test_a_refresh_is_no_sign_in(site: Client) -> None:
    session = signed_in()
    with frozen(moment_of(session.session["session_id"]) + 16 * MINUTES):
        fresh = send(site, "refresh", {"refresh_token": session.token}).json()["access_token"]
        for way in ("export", "deletion"):
            assert ask(site, way, fresh).json()["code"] == "sign_in_again"
    user = repositories().users.get_user(ALICE, consistent=True)
    assert user is not None
    assert user["is_active"]
