"""`/api/auth/sessions/`: the devices on which I am signed in, and signing one out."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from tests.integration.api.accounts.conftest import session_ids, signed_in
from tests.integration.api.conftest import ALICE, CHARLIE, bearer
from tests.integration.api.factories import fault_of, fields_of, get

PLACE = "/api/auth/sessions/"


def delete(site: Client, session_id: int | str, **headers: str) -> Any:
    return site.delete(f"{PLACE}{session_id}/", headers=headers)


def test_it_lists_my_sessions_newest_first(site: Client) -> None:
    first, second = signed_in(ALICE, "web", "Firefox, Linux"), signed_in(ALICE)
    signed_in(CHARLIE)
    answer = site.get(PLACE, headers=bearer(ALICE, session_id=first.session["session_id"]))
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "no-store"
    items = answer.json()["items"]
    assert [item["session_id"] for item in items] == [
        found.session["session_id"] for found in (second, first)
    ]
    assert set(items[1]) == {
        "session_id", "kind", "device", "created_at", "used_at", "expires_at", "is_current"
    }  # fmt: skip
    assert (items[1]["kind"], items[1]["device"]) == ("web", "Firefox, Linux")
    assert [item["is_current"] for item in items] == [False, True]
    assert items[0]["created_at"].endswith("Z")


def test_no_token_and_no_hash_is_told(site: Client) -> None:
    found = signed_in(ALICE)
    text = get(site, PLACE).content.decode()
    assert found.session["token_hash"] not in text
    assert found.token.split(".")[2] not in text


def test_charlie_sees_none_of_alice(site: Client) -> None:
    signed_in(ALICE)
    assert get(site, PLACE, by=CHARLIE).json() == {"items": [], "next": None}


def test_it_comes_in_pages(site: Client) -> None:
    made = [signed_in(ALICE).session["session_id"] for _ in range(5)]
    found: list[int] = []
    address = f"{PLACE}?limit=2"
    while address:
        answer = get(site, address)
        found += [item["session_id"] for item in answer.json()["items"]]
        address = answer.get("Link", "").partition(">")[0].lstrip("<")
    assert found == made[::-1]


def test_a_cursor_of_alice_is_none_for_charlie(site: Client) -> None:
    for _ in range(3):
        signed_in(ALICE)
    cursor = get(site, f"{PLACE}?limit=1").json()["next"]
    answer = get(site, f"{PLACE}?limit=1&cursor={cursor}", by=CHARLIE)
    assert (fault_of(answer), fields_of(answer)) == ((422, "invalid"), ["query.cursor"])


def test_it_ends_one_of_my_sessions(site: Client) -> None:
    first, second = signed_in(ALICE), signed_in(ALICE)
    answer = delete(site, first.session["session_id"], **bearer(ALICE))
    assert (answer.status_code, answer.content) == (204, b"")
    assert session_ids() == [second.session["session_id"]]
    assert fault_of(delete(site, first.session["session_id"], **bearer(ALICE))) == (404, "not-found")


def test_charlie_cannot_end_a_session_of_alice(site: Client) -> None:
    number = signed_in(ALICE).session["session_id"]
    assert fault_of(delete(site, number, **bearer(CHARLIE))) == (404, "not-found")
    assert session_ids(ALICE) == [number]


@pytest.mark.parametrize("session_id", [-1, 2**53, "first"])
def test_what_is_no_id_is_named(site: Client, session_id: int | str) -> None:
    answer = delete(site, session_id, **bearer(ALICE))
    assert (fault_of(answer), fields_of(answer)) == ((422, "invalid"), ["path.session_id"])


def test_who_is_not_signed_in_sees_and_ends_nothing(site: Client) -> None:
    number = signed_in(ALICE).session["session_id"]
    assert fault_of(site.get(PLACE)) == (401, "unauthenticated")
    assert fault_of(delete(site, number)) == (401, "unauthenticated")
    assert session_ids(ALICE) == [number]
