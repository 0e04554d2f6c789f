"""Staff's pages of users: finding one, seeing plan, sessions and use, changing plan and rights."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse

from api.dynamodb.repositories import (
    AuditRepository,
    SessionRepository,
    UsageLogRepository,
    UserRepository,
)
from api.dynamodb.schema.records import User
from api.staff import users as users_service
from tests.integration.api.conftest import ALICE, BOB, DORA, FREE, PRO, bearer
from tests.integration.web.browsers import Visit
from tests.integration.web.staff.conftest import form_of

LIST = "/staff/users/"


def address(user_id: int) -> str:
    return reverse("staff-user", args=[user_id])


def stored(user_id: int) -> User:
    user = UserRepository().get_user(user_id, consistent=True)
    assert user is not None
    return user


def test_all_users_are_listed_with_plan_and_state(dora: Client) -> None:
    UserRepository().update_user(ALICE, {"is_active": False})
    page = dora.get(LIST).text
    for part in ("Alice", "bob@example.org", "Pro", "deactivated", "staff"):
        assert part in page


def test_the_list_comes_in_pages(dora: Client) -> None:
    for number in range(50):
        UserRepository().create_user({"email": f"u{number}@example.org"})
    page = dora.get(LIST).text
    following = page.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    assert "Alice" in dora.get(following).text
    assert "Alice" not in page
    assert dora.get(f"{LIST}?cursor=made-up")["Location"] == LIST


@pytest.mark.parametrize("who", ["1", " ALICE@example.org "])
def test_a_user_is_found_by_id_and_by_address(dora: Client, who: str) -> None:
    answer = dora.get(LIST, {"who": who})
    assert (answer.status_code, answer["Location"]) == (303, address(ALICE))


@pytest.mark.parametrize("who", ["99", "9" * 30, "nobody@example.org", "<b>"])
def test_somebody_who_is_not_there_is_told(dora: Client, who: str) -> None:
    answer = dora.get(LIST, {"who": who})
    assert answer.status_code == 200
    assert "No user has this ID, or this text in the name or email address." in answer.text
    assert "<b>" not in answer.text


def test_a_user_is_shown_with_plan_sessions_and_use_by_day(dora: Client, visit: Visit) -> None:
    visit(BOB)
    visit(BOB)
    for _ in range(3):
        UsageLogRepository().log_usage(BOB, "hint")
    page = dora.get(address(BOB)).text
    assert f'<option value="{PRO}" selected>Pro</option>' in page
    assert "<dt>Sessions</dt><dd>2</dd>" in page
    assert '<td class="numbers">3</td>' in page
    assert page.count('<td class="numbers">0</td>') == 27
    assert '<rect width="100"' in page


def test_somebody_who_is_not_there_has_no_page(dora: Client) -> None:
    assert dora.get(address(99)).status_code == 404
    assert dora.post(address(99), {}).status_code == 404


def test_a_change_of_the_plan_is_stored_and_written_down(dora: Client) -> None:
    form = form_of(dora.get(address(ALICE)))
    assert dora.post(address(ALICE), {**form, "subscription_plan_id": str(PRO)}).status_code == 303
    assert stored(ALICE)["subscription_plan_id"] == PRO
    (entry,) = AuditRepository().list_audit()
    assert (entry["staff_id"], entry["target"]) == (DORA, f"user {ALICE}")
    assert entry["changes"] == {"subscription_plan_id": {"new": PRO, "old": None}}


def test_a_plan_can_be_taken_away(dora: Client) -> None:
    form = form_of(dora.get(address(BOB)))
    assert dora.post(address(BOB), {**form, "subscription_plan_id": ""}).status_code == 303
    assert stored(BOB)["subscription_plan_id"] is None


def test_closing_an_account_ends_its_sessions(dora: Client, visit: Visit) -> None:
    alice = visit(ALICE)
    form = form_of(dora.get(address(ALICE)))
    del form["is_active"]
    assert dora.post(address(ALICE), form).status_code == 303
    assert not stored(ALICE)["is_active"]
    assert not SessionRepository().list_sessions(ALICE).items
    assert alice.get("/account/").status_code == 303


def test_saving_without_a_change_changes_nothing(dora: Client) -> None:
    before = stored(BOB)
    assert dora.post(address(BOB), form_of(dora.get(address(BOB)))).status_code == 303
    assert stored(BOB) == before


def test_of_two_who_change_the_second_sees_what_is_stored_and_decides(dora: Client) -> None:
    form = form_of(dora.get(address(ALICE)))
    UserRepository().update_user(ALICE, {"subscription_plan_id": FREE, "is_active": False})
    answer = dora.post(address(ALICE), {**form, "subscription_plan_id": str(PRO)})
    assert answer.status_code == 412
    assert "Free</pre>" in answer.text
    assert "Current value: no" in answer.text
    assert stored(ALICE)["subscription_plan_id"] == FREE
    assert dora.post(address(ALICE), form_of(answer)).status_code == 303
    assert (stored(ALICE)["subscription_plan_id"], stored(ALICE)["is_active"]) == (PRO, True)


def test_nobody_takes_their_own_right(dora: Client) -> None:
    form = form_of(dora.get(address(DORA)))
    del form["is_staff"]
    answer = dora.post(address(DORA), form)
    assert answer.status_code == 403
    assert "remove your own staff role" in answer.text
    assert stored(DORA)["is_staff"]


@pytest.mark.parametrize("changed", [{"subscription_plan_id": "77"}, {"version": "x"}])
def test_what_the_form_does_not_offer_is_refused(dora: Client, changed: dict[str, str]) -> None:
    form = form_of(dora.get(address(ALICE)))
    assert dora.post(address(ALICE), {**form, **changed}).status_code == 422
    assert stored(ALICE)["version"] == 1


def names_on(page: str) -> list[str]:
    return re.findall(r'<th scope="row"><a href="/staff/users/\d+/">([^<]*)</a>', page)


@pytest.mark.parametrize(
    ("who", "names"),
    [
        ("lic", ["Alice"]),
        ("EXAMPLE.ORG", ["Dora", "Charlie", "Bob", "Alice"]),
        ("ob@ex", ["Bob"]),
        ("김민", ["김민지"]),
    ],
)
def test_users_are_found_by_a_part_of_name_or_address(dora: Client, who: str, names: list[str]) -> None:
    UserRepository().create_user({"name": "김민지"})
    page = dora.get(LIST, {"who": who}).text
    assert sorted(names_on(page)) == sorted(names)
    assert re.search(r"of 5 users searched, newest first \([\d.]+ read units\)", page)


def test_one_character_is_too_little(dora: Client) -> None:
    page = dora.get(LIST, {"who": "a"}).text
    assert "Type at least two characters." in page
    assert len(names_on(page)) == 4


def test_a_search_reads_a_bounded_block_and_goes_on(dora: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(users_service, "_SEARCHED", 2)
    monkeypatch.setattr(users_service, "MAX_LIMIT", 2)
    page = dora.get(LIST, {"who": "alic"}).text
    following = page.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    assert "of 2 users searched" in page
    pages = [page, dora.get(following).text]
    assert sum(names_on(page) == ["Alice"] for page in pages) == 1
    assert any("None of these users has it" in page for page in pages)


def test_the_api_searches_too(dora: Client) -> None:
    headers = bearer(DORA)
    items = dora.get("/api/staff/users/?contains=LIC", headers=headers).json()["items"]
    assert [item["name"] for item in items] == ["Alice"]
    assert dora.get("/api/staff/users/?contains=l", headers=headers).status_code == 422
    audit = dora.get("/api/staff/audit/?staff_id=4&action=x&target=user&month=2026-11", headers=headers)
    assert audit.json() == {"items": [], "next": None}
    assert dora.get("/api/staff/audit/?month=2026", headers=headers).status_code == 422
