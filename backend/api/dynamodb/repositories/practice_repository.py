"""What users keep for practice: bookmarks, reviews that they marked as done, their time zone, and notes on problems.

All of a user's is one item, so that a page reads it at a fixed cost, but the notes, which are longer, are an item each.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any, cast
from zoneinfo import ZoneInfo

from api.dynamodb.codec.item_size import WireItem
from api.dynamodb.codec.items import CODECS, practice_item, problem_note_item
from api.dynamodb.errors import ConditionFailed, Corrupt, InvalidInput
from api.dynamodb.schema import keys
from api.dynamodb.schema.entities import PROBLEM_NOTE
from api.dynamodb.schema.records import Practice, ProblemNote
from api.dynamodb.table.account_writes import change_item
from api.dynamodb.table.argument_checks import check_id, check_text
from api.dynamodb.table.base_repository import BaseRepository
from api.dynamodb.table.cursor import Page
from api.dynamodb.table.expressions import equals
from api.dynamodb.table.merged_pages import ListQuery, Range, merged_page
from api.dynamodb.table.progress_totals import SOLVED_DAYS
from api.dynamodb.table.write_actions import Key, Put

_CODEC, _NOTE_CODEC = CODECS["practice"], CODECS["problem_note"]
_NOTE_VERSION = PROBLEM_NOTE.short("version")
MAX_BOOKMARKS = 200
MAX_NOTE = 4_000
_REVIEWED_FOR = timedelta(days=SOLVED_DAYS)
_UNREADABLE = (TypeError, ValueError, AttributeError)


def _key(user_id: int) -> Key:
    return keys.practice_pk(check_id("user_id", user_id)), keys.META


def _note_key(user_id: int, problem_id: int) -> Key:
    pk = keys.problem_notes_pk(check_id("user_id", user_id))
    return pk, keys.problem_note_sk(check_id("problem_id", problem_id))


class PracticeRepository(BaseRepository):
    """Bookmarks, reviews, time zones, and notes, which have at most 4,000 characters: 12 KB in Korean.

    Each change but `delete_note` costs one GetItem (1 RCU) and one TransactWriteItems, which checks that the account
    is active: 4 WCU, 2 more for each further KB of the item. 200 bookmarks take about 2 KB. A change that
    changes nothing writes nothing. Changes raise `NotFound` for an account that is closed or does not exist, and
    `InvalidInput`.
    """

    def get_practice(self, user_id: int, *, consistent: bool = False) -> Practice:
        """What a user keeps; nothing for one who keeps nothing. One GetItem: 0.5 RCU, 1 when consistent."""
        return _decoded(self._store.get(_key(user_id), entity="practice", consistent=consistent))

    def add_bookmark(self, user_id: int, problem_id: int) -> bool:
        """Bookmarks a problem. False if there is no room: a user has at most 200 bookmarks."""
        check_id("problem_id", problem_id)

        def change(practice: Practice) -> Practice:
            if problem_id in practice.bookmarks or len(practice.bookmarks) >= MAX_BOOKMARKS:
                return practice
            return practice._replace(bookmarks=(problem_id, *practice.bookmarks))

        return problem_id in self._change_practice(user_id, change).bookmarks

    def remove_bookmark(self, user_id: int, problem_id: int) -> None:
        """Removes a bookmark, if there is one."""
        check_id("problem_id", problem_id)
        self._change_practice(
            user_id,
            lambda practice: practice._replace(
                bookmarks=tuple(number for number in practice.bookmarks if number != problem_id)
            ),
        )

    def mark_reviewed(self, user_id: int, problem_id: int, day: date) -> None:
        """Notes that a problem was reviewed on a day of the user's. Notes older than 60 days are dropped."""
        check_id("problem_id", problem_id)

        def change(practice: Practice) -> Practice:
            recent = {
                number: last for number, last in practice.reviewed.items() if day - last <= _REVIEWED_FOR
            }
            return practice._replace(reviewed=recent | {problem_id: day})

        self._change_practice(user_id, change)

    def set_time_zone(self, user_id: int, zone: ZoneInfo | None) -> None:
        """Sets a user's time zone; None for the product's."""
        name = None if zone is None else zone.key
        self._change_practice(user_id, lambda practice: practice._replace(time_zone=name))

    def _change_practice(self, user_id: int, change: Callable[[Practice], Practice]) -> Practice:
        def put(item: WireItem | None, version: int) -> Put | None:
            before = _decoded(item)
            after = change(before)
            return None if after == before else Put(practice_item(user_id, after, version))

        key = _key(user_id)
        return _decoded(change_item(self._store, user_id, key, "practice", put))

    def get_note(self, user_id: int, problem_id: int) -> ProblemNote | None:
        """A user's note on a problem, or None. One consistent GetItem: 1 RCU per 4 KB. Raises `InvalidInput`."""
        return _decoded_note(
            self._store.get(_note_key(user_id, problem_id), entity="problem_note", consistent=True)
        )

    def get_practice_and_note(self, user_id: int, problem_id: int) -> tuple[Practice, ProblemNote | None]:
        """What a user keeps for practice, and their note on a problem. Strongly consistent.

        One BatchGetItem: 2 RCU, more for long notes. Raises `InvalidInput`.
        """
        practice, note = _key(user_id), _note_key(user_id, problem_id)
        items = self._store.batch_get([practice, note], entity="practice", consistent=True)
        return _decoded(items.get(practice)), _decoded_note(items.get(note))

    def list_notes(self, user_id: int, *, limit: int = 20, cursor: str | None = None) -> Page[ProblemNote]:
        """A page of a user's notes by descending id of the problem, 1 to 100. Strongly consistent.

        One Query: 1 RCU per 4 KB. Raises `InvalidInput`.
        """
        pk = keys.problem_notes_pk(check_id("user_id", user_id))
        query = ListQuery("notes", {"user": user_id}, "problem_note", [Range(pk)], consistent=True)
        return merged_page(
            self._store,
            query,
            lambda _, item: cast(ProblemNote, _NOTE_CODEC.decode(item)),
            limit=limit,
            cursor=cursor,
        )

    def put_note(
        self, user_id: int, problem_id: int, text: str, *, expected_version: int | None = None
    ) -> ProblemNote:
        """Writes a user's note on a problem and returns it. The same text is not written again.

        expected_version: of the note that the text replaces, 0 for none; None replaces any. One GetItem (1 RCU) and
        one TransactWriteItems, which checks that the account is active: 4 WCU, 2 more for each further KB. Raises
        `NotFound` for an account that is closed, `ConditionFailed` for another version, and `InvalidInput` for a text
        that is empty or too long.
        """
        check_text("text", text)
        if not 1 <= len(text) <= MAX_NOTE:
            raise InvalidInput(f"text has {len(text)} characters: give 1 to {MAX_NOTE}")
        key = _note_key(user_id, problem_id)

        def put(item: WireItem | None, version: int) -> Put | None:
            stored = _decoded_note(item)
            _check_version(stored, expected_version)
            if stored is not None and stored["text"] == text:
                return None
            note: ProblemNote = {
                "problem_id": problem_id, "user_id": user_id, "text": text, "updated_at": self._now(),
                "version": version,
            }  # fmt: skip
            return Put(problem_note_item(note))

        return cast(ProblemNote, _decoded_note(change_item(self._store, user_id, key, "problem_note", put)))

    def delete_note(self, user_id: int, problem_id: int, *, expected_version: int | None = None) -> None:
        """Removes a user's note on a problem, if there is one.

        One DeleteItem: 1 WCU per KB. Raises `ConditionFailed` for another version than the expected one, and
        `InvalidInput`.
        """
        condition = None if expected_version is None else equals(_NOTE_VERSION, {"N": str(expected_version)})
        self._store.delete(_note_key(user_id, problem_id), entity="problem_note", condition=condition)


def _decoded(item: WireItem | None) -> Practice:
    if item is None:
        return Practice()
    record: dict[str, Any] = _CODEC.decode(item)
    try:
        reviewed = {
            number: date.fromordinal(day)
            for day, numbers in (record["reviewed"] or {}).items()
            for day, number in ((int(day), number) for number in numbers)
        }
        return Practice(tuple(record["bookmarks"] or ()), reviewed, record["time_zone"])
    except _UNREADABLE as failure:
        raise Corrupt(f"a practice item cannot be read: {failure}") from failure


def _decoded_note(item: WireItem | None) -> ProblemNote | None:
    return None if item is None else cast(ProblemNote, _NOTE_CODEC.decode(item))


def _check_version(note: ProblemNote | None, expected: int | None) -> None:
    version = 0 if note is None else note["version"]
    if expected is not None and version != expected:
        raise ConditionFailed(
            f"the note has version {version}, not {expected}: somebody changed it", item=note
        )
