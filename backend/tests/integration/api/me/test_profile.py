"""GET and PATCH /api/me/: my account, and my name."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from api.composition import repositories
from api.dynamodb.schema.records import User
from tests.integration.api.conftest import ALICE, BOB, CHARLIE, FREE, PRO, bearer
from tests.integration.api.factories import fault_of, fields_of, get

ME = "/api/me/"


def patch(site: Client, document: Any, *, if_match: str = "") -> Any:
    match = {"If-Match": if_match} if if_match else {}
    return site.patch(ME, document, content_type="application/json", headers={**bearer(ALICE), **match})


def test_it_tells_me_who_i_am_and_what_my_plan_allows(site: Client, cast: dict[int, User]) -> None:
    response = get(site, ME, by=BOB)
    bob = cast[BOB]
    assert bob["created_at"] is not None
    assert response.json() == {
        "user_id": BOB, "email": "bob@example.org", "name": "Bob", "picture": bob["picture"], "is_staff": False,
        "is_profile_public": False,
        "plan": {
            "plan_id": PRO, "name": "Pro",
            "limits": [
                {"action": "hint", "count": 30, "seconds": 86400},
                {"action": "execution", "count": 1000, "seconds": 86400},
                {"action": "execution", "count": 20, "seconds": 60},
            ],
        },
        "created_at": bob["created_at"].isoformat().replace("+00:00", "Z"), "version": 1,
    }  # fmt: skip
    assert response["ETag"] == f'"{BOB}-1"'
    assert response["Cache-Control"] == "no-store"
    assert "g-2" not in response.content.decode()


@pytest.mark.parametrize("plan", [None, 77, FREE])
def test_without_a_plan_in_force_the_defaults_hold(site: Client, plan: int | None) -> None:
    repositories().users.update_user(ALICE, {"subscription_plan_id": plan})
    repositories().plans.update_plan(FREE, {"is_active": False, "name": "Old", "max_hints_per_day": 99})
    told = get(site, ME).json()["plan"]
    assert (told["plan_id"], told["name"]) == (None, "Free")
    assert [limit["count"] for limit in told["limits"]] == [5, 50, 20]


def test_everybody_is_told_of_themselves_alone(site: Client) -> None:
    assert get(site, ME, by=CHARLIE).json()["email"] == "charlie@example.org"
    assert b"alice" not in get(site, ME, by=CHARLIE).content.lower()


@pytest.mark.parametrize("method", ["get", "patch", "delete"])
def test_it_is_for_who_is_signed_in(site: Client, method: str) -> None:
    for token in (None, "Bearer x.y.z"):
        headers = {} if token is None else {"Authorization": token}
        response = getattr(site, method)(ME, headers=headers)
        assert fault_of(response) == (401, "unauthenticated")
        assert response["WWW-Authenticate"].startswith("Bearer")


def test_a_closed_account_is_told_and_changes_nothing(site: Client) -> None:
    repositories().users.deactivate_user(ALICE)
    assert fault_of(get(site, ME)) == (401, "unauthenticated")
    assert fault_of(patch(site, {"name": "Al"})) == (401, "unauthenticated")
    assert fault_of(get(site, ME, by=4242)) == (401, "unauthenticated")


def test_my_name_can_be_changed(site: Client) -> None:
    response = patch(site, {"name": "  앨리스   Kim "})
    assert response.status_code == 200
    assert (response.json()["name"], response.json()["version"]) == ("앨리스 Kim", 2)
    assert response["ETag"] == f'"{ALICE}-2"'
    user = repositories().users.get_user(ALICE, consistent=True)
    assert user is not None
    assert (user["name"], user["email"]) == ("앨리스 Kim", "alice@example.org")


def test_a_change_of_another_version_is_refused(site: Client) -> None:
    etag = get(site, ME)["ETag"]
    assert patch(site, {"name": "A"}, if_match=etag).status_code == 200
    assert fault_of(patch(site, {"name": "B"}, if_match=etag)) == (412, "precondition-failed")
    bobs = get(site, ME, by=BOB)["ETag"]
    assert fault_of(patch(site, {"name": "B"}, if_match=bobs)) == (412, "precondition-failed")
    assert patch(site, {"name": "C"}, if_match="*").json()["name"] == "C"


@pytest.mark.parametrize("name", ["\u3164", "\u200b\u200b", "\u2800", "admin\u202e", "Al\u200bice", "\ufeff"])
def test_a_name_with_characters_that_nobody_sees_is_refused(site: Client, name: str) -> None:
    response = patch(site, {"name": name})
    assert fault_of(response) == (422, "invalid")
    (error,) = response.json()["errors"]
    assert (error["field"], error["code"]) == ("body.name", "unseen_character")
    user = repositories().users.get_user(ALICE, consistent=True)
    assert user is not None
    assert user["name"] == "Alice"


@pytest.mark.parametrize(
    "document",
    [
        {}, {"name": ""}, {"name": "  \t "}, {"name": "x" * 101}, {"name": 7}, {"name": None}, {"name": "a\x00b"},
        {"name": "a\u0085b"}, {"name": "A", "email": "x@example.org"}, {"name": "A", "is_staff": True}, [],
    ],
)  # fmt: skip
def test_what_is_no_name_is_refused_by_its_field(site: Client, document: Any) -> None:
    response = patch(site, document)
    assert fault_of(response) == (422, "invalid")
    assert all(field.startswith("body") for field in fields_of(response))
    user = repositories().users.get_user(ALICE, consistent=True)
    assert user is not None
    assert (user["name"], user["is_staff"], user["version"]) == ("Alice", False, 1)
