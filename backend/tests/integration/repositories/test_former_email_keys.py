"""Users whose e-mail has the key of an earlier rule: they sign in, change and go as others do, and lock nobody out."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from api.dynamodb.codec.derivation import Derivation
from api.dynamodb.codec.items import user_items
from api.dynamodb.errors import Duplicate, NotFound
from api.dynamodb.metering import meter
from api.dynamodb.repositories import ErasureRepository, UserRepository
from api.dynamodb.schema.email_rules import UnseenCharacter
from api.dynamodb.schema.key_rules import USER_RULES
from api.dynamodb.schema.records import User

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

Stored = Callable[[], list[tuple[str, str]]]
STREET, STRASSE = "Kim@stra\u00dfe.example", "kim@strasse.example"
ENCODED = "kim@xn--strae-oqa.example"
FORMER_KEY, PRESENT_KEY = "EML#kim@strasse.example", "EML#kim@xn--strae-oqa.example"


@pytest.fixture
def store_former(table: Table, users: UserRepository) -> Callable[..., User]:
    """Stores a user as the service did that folded e-mail addresses by the first rule."""

    def store(user_id: int, email: str, **fields: Any) -> User:
        user = {
            "user_id": user_id,
            "email": email,
            "is_active": True,
            "is_staff": False,
            "version": 1,
            **fields,
        }
        for item in user_items(user, Derivation(USER_RULES.version(1), (4,))).all():
            table.meta.client.put_item(TableName=table.name, Item=plain(item))
        stored = users.get_user(user_id, consistent=True)
        assert stored is not None
        return stored

    return store


def plain(item: dict[str, Any]) -> dict[str, Any]:
    """An item in the format of boto3's resource layer."""
    from boto3.dynamodb.types import TypeDeserializer

    deserialize: Any = TypeDeserializer().deserialize
    return {name: deserialize(value) for name, value in item.items()}


def emails(stored: Stored) -> list[str]:
    return [pk for pk, _ in stored() if pk.startswith("EML#")]


@pytest.mark.parametrize("consistent", [False, True])
@pytest.mark.parametrize("spelling", [STREET, STREET.upper().replace("SS", "\u00df"), ENCODED])
def test_such_a_user_is_found_by_every_spelling_of_the_address(
    users: UserRepository, store_former: Callable[..., User], spelling: str, consistent: bool
) -> None:
    user = store_former(1, STREET)
    assert users.get_user_by_email(spelling, consistent=consistent) == user


@pytest.mark.parametrize("consistent", [False, True])
@pytest.mark.parametrize(
    ("stored_email", "other"),
    [(STREET, STRASSE), (STRASSE, STREET), ("\u017fam@x.org", "sam@x.org"), ("kim@x.org", "\u212aim@x.org")],
)
def test_another_person_whose_address_has_the_same_key_is_not_found(
    users: UserRepository, store_former: Callable[..., User], stored_email: str, other: str, consistent: bool
) -> None:
    store_former(1, stored_email)
    assert users.get_user_by_email(other, consistent=consistent) is None


def test_an_address_that_the_present_rule_refuses_is_still_its_users(
    users: UserRepository, store_former: Callable[..., User]
) -> None:
    user = store_former(1, "k\u200bim@x.org")
    assert users.get_user_by_email("k\u200bim@x.org", consistent=True) == user
    assert users.get_user_by_email("k\u2060im@x.org", consistent=True) is None
    assert users.get_user_by_email("kim@x.org", consistent=True) is None
    with pytest.raises(UnseenCharacter, match=r"has U\+200B, which nobody sees"):
        users.create_user({"email": "k\u200bim@x.org"})


@pytest.mark.parametrize("email", [STREET, "k\u200bim@x.org", "kim@x.org\u200b"])
def test_a_deleted_user_leaves_no_guard_behind(
    users: UserRepository, store_former: Callable[..., User], stored: Stored, email: str
) -> None:
    store_former(1, email)
    users.delete_user(1)
    assert stored() == []


@pytest.mark.parametrize("email", [STREET, "k\u200bim@x.org", "kim@x.org\u200b"])
def test_an_erased_account_leaves_no_guard_behind(
    table: Table, store_former: Callable[..., User], stored: Stored, email: str
) -> None:
    store_former(1, email)
    erasures = ErasureRepository(table)
    erasures.begin_erasure(1)
    assert emails(stored) == []
    list(erasures.sweep(1))
    erasures.finish_erasure(1)
    assert stored() == []


def test_a_change_of_something_else_brings_the_present_key(
    users: UserRepository, store_former: Callable[..., User], stored: Stored
) -> None:
    store_former(1, STREET)
    changed = users.update_user(1, {"name": "Kim"})
    assert emails(stored) == [PRESENT_KEY]
    assert users.get_user_by_email(STREET, consistent=True) == changed


@pytest.mark.parametrize("email", ["kim@x.org\u200b", "k\u200bim@x.org"])
def test_an_address_that_is_anothers_or_refused_does_not_block_other_changes(
    users: UserRepository, store_former: Callable[..., User], stored: Stored, email: str
) -> None:
    store_former(1, email)
    users.create_user({"user_id": 2, "email": "kim@x.org"})
    before = emails(stored)
    assert users.update_user(1, {"name": "Kim"}, expected_version=1)["name"] == "Kim"
    assert users.deactivate_user(1)["is_active"] is False
    assert emails(stored) == before


def test_a_changed_address_takes_the_former_guard_away(
    users: UserRepository, store_former: Callable[..., User], stored: Stored
) -> None:
    store_former(1, STREET)
    users.update_user(1, {"email": "kim@x.org"})
    assert emails(stored) == ["EML#kim@x.org"]


def test_another_spelling_of_the_address_brings_the_present_key(
    users: UserRepository, store_former: Callable[..., User], stored: Stored
) -> None:
    store_former(1, STREET)
    users.update_user(1, {"email": ENCODED})
    assert emails(stored) == [PRESENT_KEY]


def test_a_new_user_with_the_key_of_anothers_address_gets_it(
    users: UserRepository, store_former: Callable[..., User], stored: Stored
) -> None:
    street = store_former(1, STREET)
    strasse = users.create_user({"user_id": 2, "email": STRASSE})
    assert users.get_user_by_email(STRASSE, consistent=True) == strasse
    assert users.get_user_by_email(STREET, consistent=True) == {**street, "version": 2}
    assert emails(stored) == [FORMER_KEY, PRESENT_KEY]
    with pytest.raises(Duplicate):
        users.create_user({"email": STREET})


def test_a_user_who_changes_to_the_key_of_anothers_address_gets_it(
    users: UserRepository, store_former: Callable[..., User]
) -> None:
    store_former(1, STREET)
    users.create_user({"user_id": 2, "email": "lee@x.org"})
    strasse = users.update_user(2, {"email": STRASSE}, expected_version=1)
    assert strasse["version"] == 2
    assert users.get_user_by_email(STRASSE) == strasse
    assert users.get_user_by_email("lee@x.org", consistent=True) is None


def test_an_address_with_a_former_key_is_nobody_elses_to_take(
    users: UserRepository, store_former: Callable[..., User], stored: Stored
) -> None:
    store_former(1, STRASSE)
    before = stored()
    with pytest.raises(Duplicate):
        users.create_user({"email": STRASSE.upper()})
    assert stored() == before


def test_the_present_key_is_written_once(
    users: UserRepository, store_former: Callable[..., User], stored: Stored
) -> None:
    store_former(1, STREET)
    store_former(2, "kim@x.org\u200b")
    users.create_user({"user_id": 3})
    assert [users.rewrite_email_key(user_id) for user_id in (1, 2, 3, 1, 2, 3)] == [True, True, *[False] * 4]
    assert emails(stored) == ["EML#kim@x.org", PRESENT_KEY]
    found = users.get_user_by_email("kim@x.org")
    assert found is not None
    assert (found["user_id"], found["email"], found["version"]) == (2, "kim@x.org\u200b", 2)
    with pytest.raises(NotFound):
        users.rewrite_email_key(9)


def test_two_users_with_one_address_stay_as_they_are(
    users: UserRepository, store_former: Callable[..., User], stored: Stored
) -> None:
    store_former(1, "kim@x.org\u200b")
    users.create_user({"user_id": 2, "email": "kim@x.org"})
    before = stored()
    with pytest.raises(Duplicate):
        users.rewrite_email_key(1)
    assert stored() == before


def test_an_ordinary_address_is_looked_for_under_one_key(users: UserRepository) -> None:
    for email, calls in (("nobody@x.org", 1), ("nobody@stra\u00dfe.example", 2)):
        with meter.recording() as recording:
            assert users.get_user_by_email(email, consistent=True) is None
        assert [call.operation for call in recording.calls] == ["GetItem"] * calls
