"""Problems: by id and by platform and number. Their lists and test cases are in files beside this one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from api.dynamodb import ids, keys
from api.dynamodb.codec import Record
from api.dynamodb.errors import Duplicate
from api.dynamodb.item_size import WireItem
from api.dynamodb.items import CODECS, ItemSet, problem_items
from api.dynamodb.repositories.audit_notes import AuditNote, audited
from api.dynamodb.repositories.checks import check_changes, check_id, check_text
from api.dynamodb.repositories.problem_cases import ProblemCases
from api.dynamodb.repositories.problem_lists import ProblemLists
from api.dynamodb.repositories.records import Problem
from api.dynamodb.repositories.sample_beginnings import SampleBeginnings
from api.dynamodb.repositories.things import Thing

_CODEC = CODECS["problem"]
_FIXED = ("problem_id", "created_at", "updated_at", "version")
_NEW_ID_ATTEMPTS = 3


def _items(record: Record) -> ItemSet:
    return problem_items(record, record.get("tags"))


def _thing(problem_id: int) -> Thing:
    return _thing_at(check_id("problem_id", problem_id))


def _thing_at(problem_id: int) -> Thing:
    """The problem of an id that the table itself holds: it is taken as it is."""
    pk = keys.problem_pk(problem_id)
    return Thing(_CODEC, _items, (pk, keys.META), pk, {"NUM#": "problem_number"}, ("tags",))


class ProblemRepository(ProblemLists, ProblemCases, SampleBeginnings):
    """Problems and their test cases. A platform's problem number belongs to one problem at most."""

    def create_problem(self, data: Mapping[str, Any], *, audit: AuditNote | None = None) -> Problem:
        """Stores a new problem with its places in the lists, and returns it.

        `data` has fields of `Problem`; `platform`, `problem_number` and `title` are required. Defaults:
        a new `problem_id`, `is_completed` and `is_deleted` False, times now, `version` 1. A problem that
        is not completed stands among the drafts only. Raises `Duplicate` of `problem_number` or
        `problem_id`, `InvalidInput`. One BatchWriteItem for texts that stay over 4 KB when compressed,
        then one TransactWriteItems: 2 WCU each for the problem (and for each further KB), its number and
        each list it stands in: all, platform, difficulty, up to 16 tags and 16 words of the title; and 4 with
        `audit`, which writes the audit entry in the same transaction.
        """
        _CODEC.check_names(data)
        now = self._now()
        defaults = {
            "is_completed": False, "is_deleted": False, "created_at": now, "updated_at": now, "version": 1,
        }  # fmt: skip
        record: Record = {**defaults, **{name: value for name, value in data.items() if value is not None}}
        if "problem_id" in record:
            return self._created(record, audit)
        for attempt in range(_NEW_ID_ATTEMPTS):
            record["problem_id"] = ids.new_id()
            try:
                return self._created(record, audit)
            except Duplicate as taken:
                if taken.field != "problem_id" or attempt == _NEW_ID_ATTEMPTS - 1:
                    raise
        raise AssertionError("unreachable")

    def _created(self, record: Record, audit: AuditNote | None) -> Problem:
        thing = self._audited(record["problem_id"], audit)
        return cast(Problem, self._create(thing, _named(record)))

    def _audited(self, problem_id: int, audit: AuditNote | None) -> Thing:
        return audited(_thing(problem_id), audit, f"problem {problem_id}", self._now)

    def get_problem(self, problem_id: int, *, consistent: bool = False) -> Problem | None:
        """The problem, deleted or not, with its texts whole; None if there is none.

        One GetItem: 0.5 RCU per started 4 KB, twice that when consistent; and one BatchGetItem when a
        text stands in parts (over 4 KB when compressed): 0.5 RCU per 4 KB of them.
        """
        return self._at(_thing(problem_id), consistent=consistent)

    def _at(self, thing: Thing, *, consistent: bool) -> Problem | None:
        record = self._read(_CODEC, thing.key, thing.owner, consistent=consistent)
        return cast("Problem | None", record)

    def get_problem_by_number(
        self, platform: str, number: str, *, consistent: bool = False
    ) -> Problem | None:
        """The problem of a platform's number, letter case and outer spaces aside, or None.

        One GetItem for the number (0.5 RCU), then as `get_problem`; twice the RCU when consistent.
        """
        pk = keys.problem_number_pk(check_text("platform", platform), check_text("number", number))
        guard: WireItem | None = self._store.get(
            (pk, keys.GUARD), entity="number_guard", consistent=consistent
        )
        return None if guard is None else self._at(_thing_at(int(guard["pid"]["N"])), consistent=consistent)

    def update_problem(
        self,
        problem_id: int,
        changes: Mapping[str, Any],
        *,
        expected_version: int | None = None,
        audit: AuditNote | None = None,
    ) -> Problem:
        """Changes some fields (None removes one), moves the problem in the lists, and returns it whole.

        `version` goes up by one and `updated_at` is now; `problem_id` and `created_at` never change.
        Raises `NotFound`; `ConditionFailed` with the stored problem if its version is not
        `expected_version`; `Duplicate` if `platform` and `problem_number` are taken; `InvalidInput`, also
        when more than 100 items would have to change. One GetItem (1 RCU per 4 KB); then one UpdateItem
        (1 WCU per KB) if no list shows what changed, else one TransactWriteItems: 2 WCU per KB for the
        problem and 2 for each place in a list that it leaves, enters or is shown in. With `audit` always one
        TransactWriteItems, which also writes the audit entry: 4 WCU.
        """
        check_changes(_CODEC, changes, _FIXED)
        thing = self._audited(problem_id, audit)
        record = self._change(thing, changes, expected_version=expected_version, updated_at=self._now())
        return cast(Problem, record)

    def retire_problem(
        self, problem_id: int, *, expected_version: int | None = None, audit: AuditNote | None = None
    ) -> Problem:
        """Sets `is_deleted`: the problem leaves every list, and is still found by id and by number.

        Returns it. Raises and costs as `update_problem`.
        """
        return self.update_problem(
            problem_id, {"is_deleted": True}, expected_version=expected_version, audit=audit
        )


def _named(record: Record) -> Record:
    for name in ("platform", "problem_number", "title"):
        check_text(name, record.get(name))
    return record
