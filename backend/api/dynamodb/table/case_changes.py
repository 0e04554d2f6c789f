"""Changes of a problem's test cases, each of which is in force as a whole or not at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from api.dynamodb.codec.compared_output import with_output_digest
from api.dynamodb.codec.items import ItemSet
from api.dynamodb.errors import NotFound
from api.dynamodb.schema.records import TestCase
from api.dynamodb.table.aggregate import all_part_keys, decode_items, rebuild_items, replaced_parts
from api.dynamodb.table.argument_checks import check_changes, check_id
from api.dynamodb.table.audit_entries import AuditNote, changes_of
from api.dynamodb.table.case_generations import read_generation
from api.dynamodb.table.case_items import (
    CODEC,
    case_aggregate,
    change_actions,
    has_texts_of,
    moved_cases,
    new_case_items,
    place_of,
)
from api.dynamodb.table.case_transactions import (
    CaseTransactions,
    State,
    check_version,
    missing_case,
    parts_of,
)
from api.dynamodb.table.store import MAX_TRANSACTION_ACTIONS
from api.dynamodb.table.stored_cases import pk_of
from api.dynamodb.table.write_actions import Delete, WriteAction, key_of
from api.dynamodb.table.write_failures import VersionConflict

# Of a transaction, besides the cases and their notes: the problem, the audit entry, the use of the form's token.
_OTHER_ACTIONS = 3


class TestCaseChanges(CaseTransactions):
    """The writing part of `TestCaseRepository`.

    Every change is one transaction with a conditional update of the problem: its `version` grows by one and its
    `updated_at` is now. `expected_version`: the change raises `ConditionFailed` if the problem has another version;
    without it, the change is made on the latest state. `audit`: writes the entry in the same transaction.
    """

    __test__ = False  # pytest: not a class of tests

    def add_test_case(
        self,
        problem_id: int,
        case: Mapping[str, Any],
        *,
        expected_version: int | None = None,
        audit: AuditNote | None = None,
    ) -> TestCase:
        """Adds one test case and returns it. Arguments, errors and cost as `add_test_cases`."""
        return self.add_test_cases(problem_id, [case], expected_version=expected_version, audit=audit)[0]

    def add_test_cases(
        self,
        problem_id: int,
        cases: Sequence[Mapping[str, Any]],
        *,
        expected_version: int | None = None,
        audit: AuditNote | None = None,
    ) -> list[TestCase]:
        """Adds test cases to a problem, in order, all at once, and returns them with their new ids.

        A case has `input` and `output` (texts), and optionally `is_sample` (default False) and `position` (a
        signed 32-bit number; default: after the last case). Raises `NotFound` for a missing problem, `InvalidInput`,
        `Throttled` and `ConditionFailed`.

        One GetItem of the problem, two Queries of 1 RCU if a position is missing, and one TransactWriteItems: 2 WCU
        per KB of the problem and of each case, 2 for the audit entry. Text parts cost 1 WCU per KB, and 3 for the
        note of a case that has some. More than about 95 cases are written as `replace_test_cases` writes all of the
        problem's.
        """

        def add(state: State) -> list[TestCase]:
            item_sets = self._numbered(state, cases)
            if not item_sets:
                return []
            counts = {"test_cases": {"new": len(item_sets)}}
            entries = self._audit_log.entries(audit, f"problem {problem_id}", counts)
            notes = sum(1 for items in item_sets if items.parts)
            if len(item_sets) + notes + _OTHER_ACTIONS <= MAX_TRANSACTION_ACTIONS:
                self._add_in_place(state, item_sets, entries)
            else:
                stored = read_generation(self._store, pk_of(problem_id), state.generation)
                new = [items.main for items in item_sets]
                self._exchange(state, stored, [*stored, *new], parts_of(item_sets), entries)
            return _records(item_sets)

        return self._repeated(problem_id, expected_version, add)

    def replace_test_cases(
        self,
        problem_id: int,
        cases: Sequence[Mapping[str, Any]],
        *,
        expected_version: int | None = None,
        audit: AuditNote | None = None,
    ) -> list[TestCase]:
        """Replaces all test cases of a problem at once, and returns the new ones.

        Cases have the fields of `add_test_cases`, except that their position is their place in the list. Each
        gets a new id, so cases that were read can be changed and passed back. The new cases are a generation of
        their own, which is in force from the problem's update on; until then, and after a failure, the old ones
        are. What an interrupted replacement leaves is removed by `ErasureRepository.collect_text_parts`. Raises
        `NotFound`, `InvalidInput`, `Throttled` and `ConditionFailed`.

        One GetItem of the problem, two Queries of all old cases (1 RCU per 4 KB), one PutItem of a note (1 WCU), the
        new cases in batches of 25 items or 1.5 MB (1 WCU per KB), one TransactWriteItems (2 WCU per KB of the problem,
        4 for notes, 2 for the audit entry), the removal of the old cases (1 WCU per KB), and one DeleteItem.
        """

        def replace(state: State) -> list[TestCase]:
            item_sets = [
                new_case_items(problem_id, case, position, state.generation)
                for position, case in enumerate(cases)
            ]
            stored = read_generation(self._store, pk_of(problem_id), state.generation)
            counts = {"test_cases": {"old": len(stored), "new": len(item_sets)}}
            entries = self._audit_log.entries(audit, f"problem {problem_id}", counts)
            new = [items.main for items in item_sets]
            self._exchange(state, stored, new, parts_of(item_sets), entries)
            return _records(item_sets)

        return self._repeated(problem_id, expected_version, replace)

    def update_test_case(
        self,
        problem_id: int,
        test_case_id: int,
        changes: Mapping[str, Any],
        *,
        expected_version: int | None = None,
        audit: AuditNote | None = None,
    ) -> TestCase:
        """Changes `input`, `output`, `is_sample` or `position` of a case, and returns the new case.

        Raises `NotFound`, `InvalidInput`, and `ConditionFailed`, also if others keep changing it. One GetItem of the
        problem, two Queries over the problem's cases, without text parts (1 RCU per 4 KB), and one TransactWriteItems:
        2 WCU per KB of the problem and of the case, twice that for the case if its order changes. New text parts are
        written before that, old ones removed after it. Nothing is written if nothing changes.
        """
        check_changes(CODEC, changes, ("test_case_id", "problem_id", "output_digest"))

        def update(state: State) -> TestCase:
            item = self._stored_case(state, test_case_id)
            aggregate = case_aggregate(item, state.generation)
            record = self._decode_for_change(aggregate, item)
            old, new = rebuild_items(aggregate, item, record, with_output_digest(changes))
            actions: list[WriteAction] = change_actions(old.main, new.main)
            if actions:
                values = {"test_case": {"new": test_case_id}, **changes_of(record, {**record, **changes})}
                actions += self._audit_log.entries(audit, f"problem {problem_id}", values)
                self._commit(
                    aggregate, [self._problem_update(state)[0], *actions], record, main=new.main, parts=new.parts,
                    unused_parts=replaced_parts(aggregate, item, new.main),
                )  # fmt: skip
            records = self._read_texts(CODEC, [(aggregate.owner, new.main)], consistent=True)
            if not records:
                raise missing_case(problem_id, test_case_id)
            return cast(TestCase, records[0])

        return self._repeated(problem_id, expected_version, update)

    def move_test_case(
        self,
        problem_id: int,
        test_case_id: int,
        place: int,
        *,
        expected_version: int | None = None,
        audit: AuditNote | None = None,
    ) -> bool:
        """Gives a case another place among the problem's cases, from 1; the cases between move by one.

        Returns whether it had another place before.

        Raises as `update_test_case`, and `InvalidInput` for a place that there is not. One GetItem of the problem, two
        Queries of all cases (1 RCU per 4 KB) and one TransactWriteItems: 2 WCU per KB of the problem, 4 per KB of each
        case that moves. If more than 48 move, all cases are written as `replace_test_cases` does, without text parts.
        """

        def move(state: State) -> bool:
            stored = read_generation(self._store, pk_of(problem_id), state.generation)
            old_place = place_of(stored, test_case_id)
            if old_place is None:
                self._stored_case(state, test_case_id)
                raise missing_case(problem_id, test_case_id)
            moved = moved_cases(stored, old_place, place, state.generation)
            if not moved:
                return False
            values = {"test_case": {"new": test_case_id}, "place": {"old": old_place, "new": place}}
            entries = self._audit_log.entries(audit, f"problem {problem_id}", values)
            actions = [action for old, new in moved for action in change_actions(old, new)]
            if len(actions) + _OTHER_ACTIONS <= MAX_TRANSACTION_ACTIONS:
                self._commit_problem(state, [*actions, *entries])
                return True
            new_items = {key_of(old): new for old, new in moved}
            self._exchange(state, stored, [new_items.get(key_of(i), i) for i in stored], [], entries)
            return True

        check_id("test_case_id", test_case_id)
        return self._repeated(problem_id, expected_version, move)

    def delete_test_case(
        self,
        problem_id: int,
        test_case_id: int,
        *,
        expected_version: int | None = None,
        audit: AuditNote | None = None,
    ) -> None:
        """Removes a test case and its text parts. Raises and finds the case as `update_test_case`.

        One TransactWriteItems: 2 WCU per KB of the problem and of the case; and 1 WCU per KB of parts.
        """
        attempted = False

        def delete(state: State) -> None:
            nonlocal attempted
            try:
                item = self._stored_case(state, test_case_id)
            except NotFound:
                if attempted:  # by an attempt whose response was lost
                    return
                raise
            check_version(state, expected_version)
            aggregate = case_aggregate(item, state.generation)
            record = self._decode_for_change(aggregate, item)
            entries = self._audit_log.entries(audit, f"problem {problem_id}", changes_of(record, None))
            actions: list[WriteAction] = [self._problem_update(state)[0]]
            actions += [Delete(key_of(item), has_texts_of(item)), *entries]
            try:
                self._commit(aggregate, actions, record, unused_parts=all_part_keys(aggregate, item))
            except VersionConflict as conflict:
                attempted = attempted or conflict.in_doubt
                raise

        self._repeated(problem_id, None, delete)


def _records(item_sets: Sequence[ItemSet]) -> list[TestCase]:
    """New cases as they are stored; the generation of the keys does not matter for that."""
    return [cast(TestCase, decode_items(case_aggregate(items.main, None), items)) for items in item_sets]
