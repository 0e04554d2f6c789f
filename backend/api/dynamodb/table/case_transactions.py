"""How changes of a problem's test cases are written: in one transaction with the problem, old and new ones apart."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from api.dynamodb.codec.item_size import WireItem
from api.dynamodb.codec.items import CODECS, ItemSet
from api.dynamodb.errors import ConditionFailed, DataLayerError, NotFound, OutcomeUnknown
from api.dynamodb.schema import ids, keys
from api.dynamodb.table.case_generations import generation_of, part_keys_of, remove_cases
from api.dynamodb.table.case_items import (
    case_aggregate,
    check_new_case,
    in_generation,
    new_case_items,
    position_of,
)
from api.dynamodb.table.expressions import Changes, absent, equals
from api.dynamodb.table.pending_parts import Note
from api.dynamodb.table.problem_aggregate import problem_aggregate
from api.dynamodb.table.stored_cases import ATTEMPTS, BOTH_KINDS, NAME, StoredCases, pk_of
from api.dynamodb.table.write_actions import Key, Put, Update, WriteAction, key_of
from api.dynamodb.table.write_failures import VersionConflict

T = TypeVar("T")

logger = logging.getLogger(__name__)

_PROBLEM_CODEC = CODECS["problem"]
_VERSION = _PROBLEM_CODEC.entity.short("version")


class State(NamedTuple):
    """A problem as it was read: its main item, version, and generation of cases."""

    problem_id: int
    item: WireItem
    version: int
    generation: int | None


def missing_case(problem_id: int, test_case_id: int) -> NotFound:
    """The error of a case that the problem does not have."""
    return NotFound(f"problem {problem_id} has no test case {test_case_id}")


def check_version(state: State, expected_version: int | None) -> None:
    """Raises `ConditionFailed` if the problem has another version than the expected one."""
    if expected_version is not None and state.version != expected_version:
        raise ConditionFailed(
            f"the problem has version {state.version}, not {expected_version}: somebody changed it or its cases"
        )


class CaseTransactions(StoredCases):
    """Writes changes of test cases. `VersionConflict` is raised if the problem was changed since it was read."""

    def _repeated(self, problem_id: int, expected_version: int | None, change: Callable[[State], T]) -> T:
        """Makes a change on the latest state, again if another writer was faster. One GetItem each time.

        Raises `NotFound` for a missing problem, and `ConditionFailed`, which is `in_doubt` if the other change may be
        an earlier attempt of this one.
        """
        in_doubt = False
        for _ in range(ATTEMPTS):
            state = self._state(problem_id)
            try:
                check_version(state, expected_version)
                return change(state)
            except VersionConflict as conflict:
                in_doubt = in_doubt or conflict.in_doubt
            except ConditionFailed as failure:
                failure.in_doubt = failure.in_doubt or in_doubt
                raise
        conflict_error = ConditionFailed(
            f"problem {problem_id} or its test cases kept being changed by others"
        )
        conflict_error.in_doubt = in_doubt
        raise conflict_error

    def _state(self, problem_id: int) -> State:
        item = self._store.get((pk_of(problem_id), keys.META), entity="problem", consistent=True)
        if item is None:
            raise NotFound(f"there is no problem {problem_id}")
        generation = self._remember(problem_id, generation_of(item))
        return State(problem_id, item, int(item[_VERSION]["N"]), generation)

    def _stored_case(self, state: State, test_case_id: int) -> WireItem:
        """A case of the generation. Raises `NotFound`."""
        item = self._find_in(state.problem_id, test_case_id, state.generation)
        if item is None:
            if self._state(state.problem_id).generation != state.generation:
                raise VersionConflict(False)
            raise missing_case(state.problem_id, test_case_id)
        return item

    def _numbered(self, state: State, cases: Sequence[Mapping[str, Any]]) -> list[ItemSet]:
        """The items of new cases; those without a position get the next ones behind the last case."""
        for case in cases:
            check_new_case(case)
        next_position = 0
        if any(case.get("position") is None for case in cases):
            next_position = self._next_position(state)
        item_sets = []
        for case in cases:
            position = case.get("position")
            if position is None:
                position, next_position = next_position, next_position + 1
            item_sets.append(new_case_items(state.problem_id, case, position, state.generation))
        return item_sets

    def _next_position(self, state: State) -> int:
        last = -1
        for is_sample in BOTH_KINDS:
            page = self._store.query(
                pk_of(state.problem_id), sort=keys.test_case_range(is_sample, state.generation), entity=NAME,
                consistent=True, forward=False, limit=1,
            )  # fmt: skip
            last = max([last, *map(position_of, page.items)])
        return last + 1

    def _problem_update(self, state: State, generation: int | None = None) -> tuple[Update, WireItem]:
        """The write of the problem's main item that is part of every change, and that item after it.

        generation: is in force then, if it is another one.
        """
        fields = {"version": state.version + 1, "updated_at": self._now()}
        if generation is not None:
            fields["case_generation"] = generation
        attributes = dict(_PROBLEM_CODEC.encode_field(name, value) for name, value in fields.items())
        condition = equals(_VERSION, state.item[_VERSION])
        update = Update(key_of(state.item), Changes(set=attributes), condition)
        return update, {**state.item, **attributes}

    def _commit_problem(
        self, state: State, actions: Sequence[WriteAction], generation: int | None = None
    ) -> None:
        update, main = self._problem_update(state, generation)
        self._commit(problem_aggregate(state.problem_id), [update, *actions], {}, main=main)

    def _add_in_place(
        self, state: State, item_sets: Sequence[ItemSet], entries: Sequence[WriteAction]
    ) -> None:
        """Adds cases to the generation in force, in one transaction."""
        actions: list[WriteAction] = [Put(items.main, absent()) for items in item_sets]
        notes: list[Note] = []
        try:
            for items in item_sets:
                if items.parts:
                    aggregate = case_aggregate(items.main, state.generation)
                    note, end = self._pending_parts.write(aggregate, {}, list(map(key_of, items.parts)))
                    notes.append(note)
                    actions.append(end)
            self._write_parts(parts_of(item_sets))
            self._commit_problem(state, [*actions, *entries])
        except OutcomeUnknown:
            raise
        except (DataLayerError, VersionConflict):
            for note in notes:
                self._pending_parts.remove(note)
            raise

    def _exchange(
        self,
        state: State,
        old: Sequence[WireItem],
        new: Sequence[WireItem],
        parts: Sequence[WireItem],
        entries: Sequence[WriteAction],
    ) -> None:
        """Puts a new generation of cases, and the text parts that are new, in the place of the old one.

        `old` are all cases of the generation in force; `new` may be items of any generation.
        """
        generation = ids.new_id()
        aggregate = problem_aggregate(state.problem_id)
        cases = [in_generation(item, generation) for item in new]
        written, end = self._pending_parts.write_generation(aggregate, generation)
        actions, removed = [end, *entries], None
        if old:
            removed, note = self._pending_parts.noted_generation(aggregate, state.generation)
            actions.append(note)
        try:
            self._write_parts(cases, entity=NAME)
            self._write_parts(parts)
            self._commit_problem(state, actions, generation)
        except OutcomeUnknown:
            raise
        except (DataLayerError, VersionConflict):
            # The condition also fails when an earlier attempt, whose response was lost, succeeded.
            if not self._is_in_force_after_all(state.problem_id, generation, written, cases, old):
                raise
        self._remember(state.problem_id, generation)
        if removed is not None:
            self._remove_cases(removed, old, part_keys_of(cases))

    def _is_in_force_after_all(
        self,
        problem_id: int,
        generation: int,
        note: Note,
        cases: Sequence[WireItem],
        current_cases: Sequence[WireItem],
    ) -> bool:
        """Whether a generation is in force although its transaction failed. If it is not, its cases are removed.

        `current_cases` are the cases of the generation in force, whose text parts stay.
        """
        try:
            if self._generation_in_force(problem_id) == generation:
                return True
        except DataLayerError as failure:
            logger.warning("test cases were left behind: %s", failure)
        else:
            self._remove_cases(note, cases, part_keys_of(current_cases))
        return False

    def _remove_cases(self, note: Note, cases: Sequence[WireItem], parts_in_use: Sequence[Key]) -> None:
        """Removes cases that are not in force, then their note. After a failure, which is logged, the note stays."""
        try:
            remove_cases(self._store, cases, set(parts_in_use))
        except DataLayerError as failure:
            logger.warning("test cases were left behind: %s", failure)
        else:
            self._pending_parts.remove(note)


def parts_of(item_sets: Sequence[ItemSet]) -> list[WireItem]:
    """The text parts of new cases."""
    return [part for items in item_sets for part in items.parts]
