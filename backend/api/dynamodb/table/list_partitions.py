"""From which partitions the pages of a list are read: those of the writers, and others only while they have entries."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple

from api.dynamodb.schema import keys
from api.dynamodb.schema.indexes import GSI2, Index
from api.dynamodb.schema.list_shards import read_partitions, set_read_shards, written_shards
from api.dynamodb.schema.templates import ShardedList
from api.dynamodb.table.store import Store

# For how many seconds an answer of the table counts at first; each time that nothing has changed, for twice as many.
FIRST_SECONDS = 60.0
MOST_SECONDS = 3_600.0


class _Source(NamedTuple):
    """The list that has an entry of every record of its kind, in the same shard as the record's other entries."""

    entries: ShardedList
    entity: str
    gsi: Index | None = None


def _sources() -> dict[str, _Source]:
    """By the name of the setting."""
    return {
        "users": _Source(keys.USER_LIST, "user_entry"),
        "problems": _Source(keys.ALL_PROBLEMS, "problem_entry"),
        "timeline": _Source(keys.TIMELINE, "run", GSI2),
    }


class _Answer(NamedTuple):
    has_others: bool
    until: float
    seconds: float


class ListPartitions:
    """The partitions of a table's lists.

    New entries go to one partition, or as many as are set. A table of an earlier version has entries in four. So
    unless the number for readers is set, the table is asked whether others than the writers' have entries, and while
    they do, pages are merged from all. An answer counts for a minute, and then for up to an hour while it stays the
    same and there is nothing. Safe to share between threads.

    monotonic: seconds of a clock; tests replace it.
    """

    def __init__(self, store: Store, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._monotonic = monotonic
        self._answers: dict[tuple[str, int, int], _Answer] = {}

    def partitions(self, entries: ShardedList) -> list[str]:
        """The partition keys from which a page of a list is merged.

        Usually no call. When an answer is due, one Query for each other partition until one has an entry: 0.5 RCU
        each, three Queries for a list that is written to one partition.
        """
        possible, written = read_partitions(entries), written_shards(entries)
        if entries.setting is None or set_read_shards(entries) is not None or len(possible) <= written:
            return possible
        has_others = self._has_others(entries.setting, written, len(possible))
        return possible if has_others else entries.resharded(written).partitions()

    def _has_others(self, setting: str, written: int, possible: int) -> bool:
        key, now = (setting, written, possible), self._monotonic()
        answer = self._answers.get(key)
        if answer is not None and now < answer.until:
            return answer.has_others
        has_others = self._ask(setting, written, possible)
        seconds = FIRST_SECONDS
        if answer is not None and not answer.has_others and not has_others:
            seconds = min(2 * answer.seconds, MOST_SECONDS)
        self._answers[key] = _Answer(has_others, now + seconds, seconds)
        return has_others

    def _ask(self, setting: str, written: int, possible: int) -> bool:
        entries, entity, gsi = _sources()[setting]
        return any(
            self._store.query(entries.pk(shard), entity=entity, limit=1, index=gsi).items
            for shard in range(written, possible)
        )
