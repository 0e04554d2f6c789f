"""What users keep for practice: bookmarks, reviews, time zones and notes."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from api.dynamodb.errors import ConditionFailed, InvalidInput, NotFound
from api.dynamodb.repositories import PracticeRepository, UserRepository, practice_repository
from api.dynamodb.schema.records import Practice
from api.dynamodb.table.store import Store
from tests.integration.repositories.conftest import ALICE, BOB, CHARLIE, Clock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

DAY = date(2026, 11, 21)


@pytest.fixture
def practice(table: Table, clock: Clock) -> PracticeRepository:
    users = UserRepository(table, now=clock)
    users.create_user({"user_id": ALICE})
    users.create_user({"user_id": BOB, "is_active": False})
    return PracticeRepository(table, now=clock)


def test_bookmarks_have_the_latest_first_and_each_once(practice: PracticeRepository) -> None:
    assert practice.get_practice(ALICE) == Practice()
    for number in (7, 9, 7):
        assert practice.add_bookmark(ALICE, number)
    assert practice.get_practice(ALICE, consistent=True).bookmarks == (9, 7)
    practice.remove_bookmark(ALICE, 9)
    practice.remove_bookmark(ALICE, 8)
    assert practice.get_practice(ALICE, consistent=True).bookmarks == (7,)


def test_a_full_list_takes_no_more(practice: PracticeRepository, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(practice_repository, "MAX_BOOKMARKS", 1)
    assert practice.add_bookmark(ALICE, 7)
    assert not practice.add_bookmark(ALICE, 8)
    assert practice.add_bookmark(ALICE, 7)


def test_reviews_are_dropped_after_two_months(practice: PracticeRepository) -> None:
    practice.mark_reviewed(ALICE, 7, date(2026, 9, 1))
    practice.mark_reviewed(ALICE, 8, date(2026, 10, 1))
    practice.mark_reviewed(ALICE, 8, DAY)
    practice.mark_reviewed(ALICE, 9, DAY)
    assert practice.get_practice(ALICE, consistent=True).reviewed == {8: DAY, 9: DAY}


def test_a_time_zone_is_set_and_removed(practice: PracticeRepository) -> None:
    practice.add_bookmark(ALICE, 7)
    practice.set_time_zone(ALICE, ZoneInfo("Europe/Berlin"))
    assert practice.get_practice(ALICE, consistent=True) == Practice((7,), {}, "Europe/Berlin")
    practice.set_time_zone(ALICE, None)
    assert practice.get_practice(ALICE, consistent=True) == Practice((7,))


def test_a_change_meanwhile_is_not_lost(
    practice: PracticeRepository, table: Table, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = PracticeRepository(table, now=clock)
    get, interruptions = Store.get, iter([True])

    def get_late(store: Store, *args: object, **options: object) -> object:
        item = get(store, *args, **options)  # type: ignore[arg-type]
        if next(interruptions, False):
            other.add_bookmark(ALICE, 9)
        return item

    monkeypatch.setattr(Store, "get", get_late)
    practice.add_bookmark(ALICE, 7)
    assert practice.get_practice(ALICE, consistent=True).bookmarks == (7, 9)


def test_a_closed_account_gets_nothing(practice: PracticeRepository, table: Table) -> None:
    for user_id in (BOB, CHARLIE):
        with pytest.raises(NotFound):
            practice.add_bookmark(user_id, 7)
        with pytest.raises(NotFound):
            practice.put_note(user_id, 7, "text")
    stored = {str(item["PK"]) for item in table.scan(ConsistentRead=True)["Items"]}
    assert not {pk for pk in stored if pk.endswith(("#PRC", "#NTE"))}


def test_a_note_is_its_users_alone(practice: PracticeRepository, clock: Clock) -> None:
    note = practice.put_note(ALICE, 7, "두 포인터\nO(n)")
    assert note == {
        "problem_id": 7, "user_id": ALICE, "text": "두 포인터\nO(n)", "updated_at": clock(), "version": 1,
    }  # fmt: skip
    assert practice.get_note(ALICE, 7) == note
    assert practice.get_note(BOB, 7) is None
    assert practice.get_practice_and_note(ALICE, 7) == (Practice(), note)
    clock.advance(seconds=1)
    assert practice.put_note(ALICE, 7, note["text"]) == note
    practice.delete_note(ALICE, 7)
    assert practice.get_note(ALICE, 7) is None


def test_a_note_that_was_changed_elsewhere_is_not_overwritten(practice: PracticeRepository) -> None:
    practice.put_note(ALICE, 7, "a", expected_version=0)
    for expected in (0, 2):
        with pytest.raises(ConditionFailed):
            practice.put_note(ALICE, 7, "b", expected_version=expected)
    with pytest.raises(ConditionFailed):
        practice.delete_note(ALICE, 7, expected_version=2)
    assert practice.put_note(ALICE, 7, "b", expected_version=1)["version"] == 2


def test_a_note_has_at_most_4000_characters(practice: PracticeRepository) -> None:
    assert practice.put_note(ALICE, 7, "가" * 4000)["text"] == "가" * 4000
    for text in ("", "가" * 4001, "\ud800"):
        with pytest.raises(InvalidInput):
            practice.put_note(ALICE, 7, text)


def test_notes_are_listed_by_pages(practice: PracticeRepository) -> None:
    for number in (7, 8, 9):
        practice.put_note(ALICE, number, "text")
    first = practice.list_notes(ALICE, limit=2)
    rest = practice.list_notes(ALICE, limit=2, cursor=first.cursor)
    assert [[note["problem_id"] for note in page] for page in (first, rest)] == [[9, 8], [7]]
