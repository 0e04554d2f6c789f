"""PATCH /api/staff/users/{id}/: plan, activity and staff right of a user."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from api.composition import repositories
from api.dynamodb.schema.ids import MAX_ID
from tests.integration.api.conftest import ALICE, BOB, CHARLIE, DORA, FREE, PRO
from tests.integration.api.factories import fault_of, fields_of
from tests.integration.api.staff_requests import ask, told

FIRST = f'"{BOB}-1"'


def patch(site: Client, user_id: int, document: Any, **how: Any) -> Any:
    return ask(site, "PATCH", f"/users/{user_id}/", document, **how)


def sign_in(user_id: int) -> None:
    later = datetime.now(UTC) + timedelta(days=1)
    repositories().sessions.create_session(user_id, "api", f"hash of {user_id}", later)


def test_it_changes_what_is_sent_and_tells_who_did_it(site: Client) -> None:
    response = patch(site, BOB, {"subscription_plan_id": FREE, "is_staff": True}, if_match=FIRST)
    assert response.status_code == 200
    user = response.json()
    assert (user["subscription_plan_id"], user["is_staff"], user["is_active"]) == (FREE, True, True)
    assert response["ETag"] == f'"{BOB}-2"'
    assert told(site) == [
        (DORA, "user.update", "user 2", {
            "subscription_plan_id": {"old": PRO, "new": FREE}, "is_staff": {"old": False, "new": True},
        })
    ]  # fmt: skip


def test_null_takes_the_plan_away(site: Client) -> None:
    assert (
        patch(site, BOB, {"subscription_plan_id": None}, if_match=FIRST).json()["subscription_plan_id"]
        is None
    )


def test_a_closed_account_loses_its_sessions_and_no_other_does(site: Client) -> None:
    for user_id in (ALICE, BOB, BOB):
        sign_in(user_id)
    assert patch(site, BOB, {"is_active": False}, if_match=FIRST).json()["is_active"] is False
    assert repositories().sessions.list_sessions(BOB).items == []
    assert len(repositories().sessions.list_sessions(ALICE).items) == 1


def test_closing_it_again_ends_what_sessions_were_left(site: Client) -> None:
    patch(site, BOB, {"is_active": False}, if_match=FIRST)
    sign_in(BOB)
    response = patch(site, BOB, {"is_active": False}, if_match=f'"{BOB}-2"')
    assert (response.status_code, response["ETag"]) == (200, f'"{BOB}-2"')
    assert repositories().sessions.list_sessions(BOB).items == []
    assert len(told(site)) == 1


@pytest.mark.parametrize(
    "document", [{}, {"is_staff": False}, {"subscription_plan_id": PRO, "is_active": True}]
)
def test_what_changes_nothing_leaves_the_version_and_the_log(site: Client, document: Any) -> None:
    assert patch(site, BOB, document, if_match=FIRST)["ETag"] == FIRST
    assert told(site) == []


def test_the_version_must_be_said_and_must_be_the_last_one(site: Client) -> None:
    assert fault_of(patch(site, BOB, {"is_staff": True})) == (428, "precondition-required")
    for wrong in (f'"{BOB}-7"', f'"{ALICE}-1"', "nonsense"):
        assert fault_of(patch(site, BOB, {"is_staff": True}, if_match=wrong)) == (412, "precondition-failed")
    assert patch(site, BOB, {"is_staff": True}, if_match=FIRST).status_code == 200
    assert fault_of(patch(site, BOB, {"is_staff": False}, if_match=FIRST)) == (412, "precondition-failed")
    assert patch(site, BOB, {"is_staff": False}, if_match="*").json()["version"] == 3


@pytest.mark.parametrize("document", [{"is_staff": False}, {"is_active": False}])
def test_nobody_takes_their_own_right_or_account(site: Client, document: Any) -> None:
    response = patch(site, DORA, document, if_match=f'"{DORA}-1"')
    assert fault_of(response) == (403, "forbidden")
    assert ask(site, "GET", f"/users/{DORA}/").json()["version"] == 1
    assert patch(site, DORA, {"subscription_plan_id": PRO}, if_match=f'"{DORA}-1"').status_code == 200


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ({"subscription_plan_id": 77}, "body.subscription_plan_id"),
        ({"subscription_plan_id": MAX_ID + 1}, "body.subscription_plan_id"),
        ({"is_active": None}, "body.is_active"),
        ({"email": "eve@example.org"}, "body.email"),
        ({"version": 9}, "body.version"),
    ],
)
def test_nothing_else_can_be_changed(site: Client, document: Any, field: str) -> None:
    response = patch(site, BOB, document, if_match=FIRST)
    assert fault_of(response) == (422, "invalid")
    assert fields_of(response) == [field]
    assert told(site) == []


def test_there_is_no_other(site: Client) -> None:
    assert fault_of(patch(site, 77, {"is_staff": True}, if_match='"77-1"')) == (404, "not-found")


def test_charlie_makes_nobody_staff_and_nobody_does(site: Client) -> None:
    document = {"is_staff": True}
    assert fault_of(patch(site, CHARLIE, document, by=CHARLIE, if_match="*")) == (403, "forbidden")
    assert fault_of(patch(site, CHARLIE, document, by=None, if_match="*")) == (401, "unauthenticated")
    charlie = repositories().users.get_user(CHARLIE, consistent=True)
    assert charlie is not None
    assert (charlie["is_staff"], charlie["version"]) == (False, 1)
