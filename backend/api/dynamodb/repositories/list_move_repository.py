"""Moves the entries of lists to the present number of shards, and the keys of users and problems to the present rules.

In two steps, so that a reader misses nothing: every entry first gets a copy where it belongs, and only when all
readers can see that, the old one is removed. Changes of a record meanwhile keep both. Both steps may be interrupted,
repeated, and carried out beside traffic. The timeline is an index, in which nothing has two copies: its runs move in
one step.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, Literal, NamedTuple

from api.dynamodb.codec.codec import Record
from api.dynamodb.codec.derivation import PROBLEM_DERIVATIONS, USER_DERIVATIONS, Derivation, Derivations
from api.dynamodb.codec.item_size import WireItem
from api.dynamodb.codec.items import ItemSet, problem_items, user_items
from api.dynamodb.errors import ConditionFailed, Duplicate, InvalidInput
from api.dynamodb.schema import keys
from api.dynamodb.schema.entities import GSI2PK, PROBLEM_ENTRY, RUN, USER_ENTRY
from api.dynamodb.schema.indexes import GSI2
from api.dynamodb.schema.key_rules import ProblemRules
from api.dynamodb.schema.list_shards import FIRST_SHARDS, read_partitions, written_shards
from api.dynamodb.schema.templates import ShardedList
from api.dynamodb.table.aggregate import Aggregate, change_actions, has_version_of, with_empty_texts
from api.dynamodb.table.base_repository import BaseRepository
from api.dynamodb.table.expressions import Changes, equals
from api.dynamodb.table.problem_aggregate import stored_problem_aggregate
from api.dynamodb.table.user_aggregate import user_aggregate
from api.dynamodb.table.write_actions import Key
from api.dynamodb.table.write_failures import VersionConflict

logger = logging.getLogger(__name__)

ListName = Literal["users", "problems"]
LIST_NAMES: tuple[ListName, ...] = ("users", "problems")
_RECORDS_AT_ONCE = 100
_ATTEMPTS = 8
_RUN_ID = RUN.short("history_id")


class MovedRecords(NamedTuple):
    """What one step did: `read` records were looked at, `changed` of them had entries copied or removed."""

    read: int
    changed: int


# The shards of a record's entries from those that they have and those that writers have.
_ChooseShards = Callable[[tuple[int, ...], tuple[int, ...]], tuple[int, ...]]


class _Kind(NamedTuple):
    entity: str
    lists: tuple[ShardedList, ...]
    id_attribute: str
    aggregate: Callable[[int], Aggregate]
    derivations: Derivations[Any]
    derived_items: Callable[[Record, Derivation[Any]], ItemSet]


def _every_partition(entries: ShardedList) -> list[str]:
    """Also those of earlier tables that readers no longer look at: an entry there is hidden, and is moved."""
    if entries.setting is None:
        return entries.partitions()
    return entries.resharded(max(len(read_partitions(entries)), FIRST_SHARDS)).partitions()


def _problem_items(record: Record, derivation: Derivation[ProblemRules]) -> ItemSet:
    return problem_items(record, record.get("tags"), derivation)


_KINDS = {
    "users": _Kind(
        "user_entry", (keys.USER_LIST,), USER_ENTRY.short("user_id"), user_aggregate,
        USER_DERIVATIONS, user_items,
    ),
    "problems": _Kind(
        "problem_entry", (keys.ALL_PROBLEMS, keys.DRAFT_PROBLEMS), PROBLEM_ENTRY.short("problem_id"),
        stored_problem_aggregate, PROBLEM_DERIVATIONS, _problem_items,
    ),
}  # fmt: skip


class ListMoveRepository(BaseRepository):
    """Moves list entries after a change of the numbers of shards, or of the rules of keys.

    Both methods go through the lists page by page and yield after each page. A record costs 1 RCU per 4 KB and 0.5
    for each of its entries in the list of all. One that changes costs a TransactWriteItems: 2 WCU per KB of the
    record, and 2 for each entry that is written or removed. They raise any error of the data layer.
    """

    def copy_entries(self, name: ListName) -> Iterator[MovedRecords]:
        """Expand: gives every listed record entries by the number of shards for writers, beside those it has.

        Its other keys are made by the present rules, at once.
        """
        return self._move(_KINDS[name], lambda stored, target: tuple(sorted({*stored, *target})))

    def remove_old_entries(self, name: ListName) -> Iterator[MovedRecords]:
        """Contract: removes the entries by other numbers of shards than the one for writers.

        Call it when `copy_entries` has finished, and a page that was begun before then has ended: some seconds later.
        A record without copies is left as it is, so this never removes a record from a list.
        """
        return self._move(
            _KINDS[name], lambda stored, target: target if set(target) <= set(stored) else stored
        )

    def count_unmoved(self, name: ListName) -> int:
        """How many listed records have entries by other numbers of shards than the one for writers, or by old rules.

        With none, readers need no more shards than writers. Costs as the others, without writes.
        """
        kind = _KINDS[name]
        return sum(
            kind.derivations.stored(main) != kind.derivations.new()
            for aggregates in self._listed(kind)
            for main in self._mains(aggregates).values()
        )

    def move_timeline(self) -> Iterator[MovedRecords]:
        """Moves public runs from other partitions of the timeline to those for writers, page by page.

        A page of the timeline that is read while a run moves may miss it or show it twice, for less than a second.
        For each page of 100 runs one Query on GSI2 (0.5 RCU per 4 KB), for each run one UpdateItem: 1 WCU per KB of
        the run, and 2 for the index. Raises any error of the data layer.
        """
        target = keys.TIMELINE.resharded(written_shards(keys.TIMELINE))
        for pk, run_ids in self._unmoved_runs(target):
            changed = sum(self._move_run(run_id, pk, target.pk_of(run_id)) for run_id in run_ids)
            yield MovedRecords(len(run_ids), changed)

    def count_unmoved_runs(self) -> int:
        """How many public runs are in other partitions of the timeline than those for writers. Costs its Queries."""
        target = keys.TIMELINE.resharded(written_shards(keys.TIMELINE))
        return sum(len(run_ids) for _, run_ids in self._unmoved_runs(target))

    def _unmoved_runs(self, target: ShardedList) -> Iterator[tuple[str, list[int]]]:
        """The ids of runs that are in another partition than in `target`, page by page, with the partition."""
        for pk in _every_partition(keys.TIMELINE):
            start: WireItem | None = None
            while True:
                page = self._store.query(pk, entity="run", limit=_RECORDS_AT_ONCE, start=start, index=GSI2)
                run_ids = [int(item[_RUN_ID]["N"]) for item in page.items]
                yield pk, [run_id for run_id in run_ids if target.pk_of(run_id) != pk]
                start = page.last_key
                if start is None:
                    break

    def _move_run(self, run_id: int, pk: str, new_pk: str) -> bool:
        """Gives a run another partition. False for one that was hidden, moved or removed meanwhile."""
        changes = Changes(set={GSI2PK: {"S": new_pk}})
        try:
            self._store.update(
                (keys.run_pk(run_id), keys.META), changes, entity="run", returns="UPDATED_NEW",
                condition=equals(GSI2PK, {"S": pk}),
            )  # fmt: skip
        except ConditionFailed:
            return False
        return True

    def _move(self, kind: _Kind, choose: _ChooseShards) -> Iterator[MovedRecords]:
        for aggregates in self._listed(kind):
            mains = self._mains(aggregates)
            changed = sum(
                self._move_record(kind, aggregates[key], main, choose) for key, main in mains.items()
            )
            yield MovedRecords(len(mains), changed)

    def _listed(self, kind: _Kind) -> Iterator[dict[Key, Aggregate]]:
        """The records of the lists by the key of the main item, page by page."""
        for pk in dict.fromkeys(pk for entries in kind.lists for pk in _every_partition(entries)):
            start: WireItem | None = None
            while True:
                page = self._store.query(
                    pk, entity=kind.entity, limit=_RECORDS_AT_ONCE, start=start, consistent=True
                )
                aggregates = [kind.aggregate(int(item[kind.id_attribute]["N"])) for item in page.items]
                yield {aggregate.key: aggregate for aggregate in aggregates}
                start = page.last_key
                if start is None:
                    break

    def _mains(self, aggregates: dict[Key, Aggregate]) -> dict[Key, WireItem]:
        """The main items that exist."""
        for aggregate in aggregates.values():
            return self._store.batch_get(aggregates, entity=aggregate.name, consistent=True)
        return {}

    def _move_record(
        self, kind: _Kind, aggregate: Aggregate, main: WireItem | None, choose: _ChooseShards
    ) -> bool:
        """Derives a record's keys again. False if there was nothing to do, also for a record that was removed."""
        for _ in range(_ATTEMPTS):
            if main is None:
                return False
            stored, present = kind.derivations.stored(main), kind.derivations.new()
            shards = choose(stored.shards, present.shards)
            try:
                # Present rules may refuse a value, or make a key that another record has. It keeps its keys then.
                return self._derive(kind, aggregate, main, replace(present, shards=shards)) or self._derive(
                    kind, aggregate, main, replace(stored, shards=shards)
                )
            except VersionConflict:
                main = self._store.get(aggregate.key, entity=aggregate.name, consistent=True)
        raise ConditionFailed(f"a {aggregate.name} kept being changed by others")

    def _derive(self, kind: _Kind, aggregate: Aggregate, main: WireItem, derivation: Derivation[Any]) -> bool:
        """Replaces a record's items by those of a derivation. False if they are so already, or cannot be."""
        if kind.derivations.stored(main) == derivation:
            return False
        record = with_empty_texts(aggregate, self._decode_for_change(aggregate, main))
        old = aggregate.stored_items(record, main)
        try:
            new = kind.derived_items(record, derivation)
        except InvalidInput:
            return False
        old.main = main
        new.main.update({f.short: main[f.short] for f in aggregate.codec.large if f.short in main})
        actions = change_actions(old, new, has_version_of(aggregate, main))
        try:
            self._commit(aggregate, actions, record, main=new.main)
        except Duplicate as duplicate:
            logger.warning("%s keeps the keys of earlier rules: %s", aggregate.key[0], duplicate)
            return False
        return True
