"""Users: creating, reading, changing and removing accounts; one e-mail and Google account, one user."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from api.dynamodb.errors import ConditionFailed, DataLayerError, Duplicate, InvalidInput, KeyTooLong, NotFound
from api.dynamodb.repositories import UserRepository
from tests.integration.repositories.conftest import Clock
from tests.integration.repositories.helpers import whole_list

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

Stored = Callable[[], list[tuple[str, str]]]


def test_it_creates_a_user_with_defaults(users: UserRepository, clock: Clock) -> None:
    user = users.create_user({"email": "Alice@X.org", "name": "앨리스"})
    assert user == {
        "user_id": user["user_id"], "email": "Alice@X.org", "name": "앨리스", "picture": None,
        "google_id": None, "subscription_plan_id": None, "is_active": True, "is_staff": False,
        "created_at": clock(), "updated_at": clock(), "last_login": None,
        "is_profile_public": None, "version": 1,
    }  # fmt: skip
    assert users.get_user(user["user_id"], consistent=True) == user


def test_a_user_needs_neither_email_nor_google_account(users: UserRepository, stored: Stored) -> None:
    users.create_user({"user_id": 1})
    users.create_user({"user_id": 2, "email": " "})
    assert [key for key in stored() if key[0].startswith(("EML#", "GID#"))] == []


def test_it_finds_a_user_by_email_in_any_case(users: UserRepository) -> None:
    user = users.create_user({"email": "Alice@X.org"})
    assert users.get_user_by_email("ALICE@x.org ") == user
    assert users.get_user_by_email("aLICE@x.org", consistent=True) == user


@pytest.mark.parametrize("email", ["nobody@x.org", "", "  "])
def test_it_finds_nobody_by_an_unknown_email(users: UserRepository, email: str) -> None:
    users.create_user({"user_id": 1})
    assert users.get_user_by_email(email) is None
    assert users.get_user_by_email(email, consistent=True) is None


def test_it_finds_a_user_by_google_account(users: UserRepository) -> None:
    user = users.create_user({"google_id": "g-1"})
    assert users.get_user_by_google_id("g-1") == user
    assert users.get_user_by_google_id("g-2") is None
    assert users.get_user_by_google_id("") is None


def test_it_refuses_a_second_user_with_the_same_email_in_other_case(
    users: UserRepository, stored: Stored
) -> None:
    users.create_user({"email": "alice@x.org"})
    before = stored()
    with pytest.raises(Duplicate, match=r"'ALICE@X\.org' is already in use") as caught:
        users.create_user({"email": "ALICE@X.org", "google_id": "g-2"})
    assert caught.value.field == "email"
    assert caught.value.code == "TransactionCanceledException"
    assert stored() == before


def test_it_refuses_a_taken_google_account(users: UserRepository, stored: Stored) -> None:
    users.create_user({"google_id": "g-1"})
    before = stored()
    with pytest.raises(Duplicate) as caught:
        users.create_user({"email": "bob@x.org", "google_id": "g-1"})
    assert caught.value.field == "google_id"
    assert stored() == before


def test_it_refuses_a_taken_id(users: UserRepository) -> None:
    users.create_user({"user_id": 7, "name": "first"})
    with pytest.raises(Duplicate) as caught:
        users.create_user({"user_id": 7, "name": "second"})
    assert caught.value.field == "user_id"
    user = users.get_user(7)
    assert user is not None
    assert user["name"] == "first"


def test_of_two_signups_at_once_for_one_email_exactly_one_wins(table: Table) -> None:
    outcomes: list[str] = []
    start = threading.Barrier(6, timeout=120)

    def sign_up(number: int) -> None:
        start.wait()
        try:
            UserRepository(table).create_user({"email": "Alice@x.org", "google_id": f"g-{number}"})
            outcomes.append("created")
        except Duplicate as taken:
            outcomes.append(taken.field)
        except DataLayerError as failure:
            outcomes.append(repr(failure))

    threads = [threading.Thread(target=sign_up, args=(number,), daemon=True) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert sorted(outcomes) == ["created"] + ["email"] * 5
    assert len(UserRepository(table).list_users().items) == 1


@pytest.mark.parametrize(
    "data",
    [
        {"user_id": "7"}, {"user_id": -1}, {"user_id": True}, {"user_id": 2**53}, {"name": 7},
        {"is_active": "yes"}, {"mail": "x"}, {"email": "\ud800"}, {"created_at": "now"},
    ],
)  # fmt: skip
def test_it_refuses_data_that_cannot_be_stored(
    users: UserRepository, stored: Stored, data: dict[str, Any]
) -> None:
    with pytest.raises(InvalidInput):
        users.create_user(data)
    assert stored() == []


def test_it_refuses_keys_that_are_too_long(users: UserRepository) -> None:
    with pytest.raises(KeyTooLong):
        users.create_user({"email": "x" * 2050})
    with pytest.raises(KeyTooLong):
        users.create_user({"google_id": "x" * 2050})


def test_it_changes_some_fields_and_keeps_the_rest(users: UserRepository, clock: Clock) -> None:
    user = users.create_user({"email": "alice@x.org", "name": "A", "picture": "p"})
    later = clock.advance(minutes=1)
    changed = users.update_user(user["user_id"], {"name": "B", "picture": None})
    assert changed == {**user, "name": "B", "picture": None, "version": 2, "updated_at": later}
    assert users.get_user(user["user_id"], consistent=True) == changed
    assert users.get_user_by_email("alice@x.org") == changed


def test_a_changed_email_frees_the_old_one(users: UserRepository) -> None:
    alice = users.create_user({"email": "alice@x.org", "google_id": "g-1"})
    changed = users.update_user(alice["user_id"], {"email": "Alice@Y.org"})
    assert users.get_user_by_email("alice@y.org") == changed
    assert users.get_user_by_email("alice@y.org", consistent=True) == changed
    assert users.get_user_by_email("alice@x.org") is None
    bob = users.create_user({"email": "alice@x.org"})
    assert users.get_user_by_email("alice@x.org", consistent=True) == bob


def test_a_removed_email_and_google_account_are_free_again(users: UserRepository) -> None:
    alice = users.create_user({"email": "alice@x.org", "google_id": "g-1"})
    users.update_user(alice["user_id"], {"email": None, "google_id": None})
    assert users.get_user_by_email("alice@x.org") is None
    assert users.get_user_by_google_id("g-1") is None
    assert users.create_user({"email": "alice@x.org", "google_id": "g-1"})


def test_an_email_may_change_its_case(users: UserRepository) -> None:
    alice = users.create_user({"email": "alice@x.org"})
    changed = users.update_user(alice["user_id"], {"email": "Alice@X.org"})
    assert changed["email"] == "Alice@X.org"
    assert users.get_user_by_email("alice@x.org") == changed


@pytest.mark.parametrize("field", ["email", "google_id"])
def test_it_refuses_to_change_to_a_taken_one(users: UserRepository, field: str) -> None:
    users.create_user({field: "taken@x.org"})
    bob = users.create_user({field: "bob@x.org"})
    with pytest.raises(Duplicate) as caught:
        users.update_user(bob["user_id"], {field: "taken@x.org"})
    assert caught.value.field == field
    assert users.get_user(bob["user_id"], consistent=True) == bob


@pytest.mark.parametrize("changes", [{"name": "x"}, {"email": "x@x.org"}])
def test_it_does_not_change_a_user_that_is_not_there(
    users: UserRepository, stored: Stored, changes: dict[str, str]
) -> None:
    with pytest.raises(NotFound):
        users.update_user(7, changes)
    assert stored() == []


@pytest.mark.parametrize("changes", [{"name": "x"}, {"email": "x@x.org"}])
def test_it_does_not_change_another_version_than_the_expected(
    users: UserRepository, changes: dict[str, str]
) -> None:
    user = users.create_user({"user_id": 7, "name": "A"})
    users.update_user(7, {"name": "B"}, expected_version=1)
    with pytest.raises(ConditionFailed, match="has version 2, not 1") as caught:
        users.update_user(7, changes, expected_version=1)
    assert caught.value.item is not None
    assert caught.value.item["name"] == "B"
    assert users.update_user(7, changes, expected_version=2)["version"] == user["version"] + 2


@pytest.mark.parametrize(
    "changes",
    [
        {}, {"user_id": 8}, {"created_at": datetime(2026, 1, 1, tzinfo=UTC)}, {"version": 9}, {"is_staff": None},
        {"mail": "x"}, {"updated_at": None}, {"name": 7},
    ],
)  # fmt: skip
def test_it_refuses_changes_that_cannot_be(users: UserRepository, changes: dict[str, Any]) -> None:
    user = users.create_user({"user_id": 7})
    with pytest.raises(InvalidInput):
        users.update_user(7, changes)
    assert users.get_user(7, consistent=True) == user


def test_changes_at_once_of_guarded_fields_all_arrive(table: Table, users: UserRepository) -> None:
    users.create_user({"user_id": 7, "email": "a@x.org"})
    failures: list[BaseException] = []

    def change(changes: dict[str, str]) -> None:
        try:
            UserRepository(table).update_user(7, changes)
        except DataLayerError as failure:
            failures.append(failure)

    threads = [
        threading.Thread(target=change, args=(changes,), daemon=True)
        for changes in ({"email": "b@x.org"}, {"google_id": "g"}, {"name": "B"})
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert failures == []
    user = users.get_user(7, consistent=True)
    assert user is not None
    assert (user["email"], user["google_id"], user["name"], user["version"]) == ("b@x.org", "g", "B", 4)


def test_it_records_a_login_without_a_new_version(users: UserRepository, clock: Clock) -> None:
    user = users.create_user({"user_id": 7})
    moment = clock.advance(hours=1)
    assert users.record_login(7) == {**user, "last_login": moment}
    assert users.record_login(7, datetime(2026, 1, 1, tzinfo=UTC))["last_login"] == datetime(
        2026, 1, 1, tzinfo=UTC
    )
    with pytest.raises(NotFound):
        users.record_login(8)
    with pytest.raises(InvalidInput):
        users.record_login(7, datetime(2026, 1, 1))  # noqa: DTZ001


def test_it_records_the_login_of_a_google_account(users: UserRepository, clock: Clock) -> None:
    user = users.create_user({"google_id": "g-1", "email": "a@x.org"})
    moment = clock.advance(hours=1)
    assert users.record_google_login("g-1") == {**user, "last_login": moment}
    assert users.get_user(user["user_id"], consistent=True) == {**user, "last_login": moment}
    assert users.record_google_login("g-2") is None
    assert users.record_google_login("") is None


def test_a_login_of_an_inactive_google_account_is_not_recorded(users: UserRepository) -> None:
    user = users.create_user({"google_id": "g-1", "is_active": False})
    assert users.record_google_login("g-1") == user
    assert users.get_user(user["user_id"], consistent=True) == user


def test_it_deactivates_a_user(users: UserRepository) -> None:
    users.create_user({"user_id": 7, "email": "a@x.org"})
    assert users.deactivate_user(7)["is_active"] is False
    found = users.get_user_by_email("a@x.org")
    assert found is not None
    assert found["is_active"] is False


def test_it_gets_many_users_in_the_order_asked_for(users: UserRepository) -> None:
    for number in range(1, 131):
        users.create_user({"user_id": number})
    asked = [*range(130, 0, -1), 130, 999]
    assert list(users.get_users(asked)) == list(range(130, 0, -1))
    assert users.get_users([]) == {}


def test_it_lists_all_users_newest_first_each_once(users: UserRepository, clock: Clock) -> None:
    for number in range(1, 48):
        clock.advance(seconds=number % 3)
        users.create_user({"user_id": number})
    for limit in (1, 10, 47, 100):
        found = whole_list(lambda cursor, limit=limit: users.list_users(limit=limit, cursor=cursor))  # type: ignore[misc]
        assert [user["user_id"] for user in found] == list(range(47, 0, -1))


def test_a_deleted_user_leaves_nothing_behind(users: UserRepository, stored: Stored) -> None:
    users.create_user({"user_id": 7, "email": "a@x.org", "google_id": "g"})
    users.delete_user(7)
    assert stored() == []
    assert users.create_user({"user_id": 7, "email": "a@x.org", "google_id": "g"})["version"] == 1
    with pytest.raises(NotFound):
        users.delete_user(8)
