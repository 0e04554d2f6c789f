"""The catalogue: each process holds the lists of problems, and refreshes them by the table's notes of changes."""

from __future__ import annotations

import heapq
import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain

from api.dynamodb.codec.item_size import WireItem
from api.dynamodb.codec.items import CHANGES_KEPT, CODECS, problem_change_item
from api.dynamodb.errors import DataLayerError
from api.dynamodb.schema import keys
from api.dynamodb.schema.entities import PK, PROBLEM_ENTRY, SK
from api.dynamodb.schema.indexes import Index
from api.dynamodb.table.background import BackgroundWork
from api.dynamodb.table.list_partitions import ListPartitions
from api.dynamodb.table.merged_pages import LAST_CHARACTER
from api.dynamodb.table.problem_index import ProblemIndex
from api.dynamodb.table.store import QueryPage, Store
from api.dynamodb.table.write_actions import Delete, Put, WriteAction

logger = logging.getLogger(__name__)

# How old the answers may be, in seconds.
READ_SECONDS = 2.0
# Notes are written with their writers' clocks, and arrive out of order: this much is read again each time.
_OVERLAP = timedelta(seconds=60)
# The whole list is read again after this many seconds, and after twice as many each time that nothing was missed.
FIRST_SECONDS, MOST_SECONDS = 300.0, 3_600.0
# A load that failed is tried again after this many seconds.
RETRY_SECONDS = 30.0
# The list is read again when so many problems have changed since.
MOST_CHANGES = 500
_CHANGE_CODEC = CODECS["problem_change"]
_SHORTS = frozenset(field.short for field in PROBLEM_ENTRY.fields)
_ALL = keys.ALL_PROBLEMS.pk(0)[:-1]

Change = tuple[int, WireItem | None]  # the problem's version, and its entry in the list of all


class TooManyProblems(Exception):
    """The list is longer than a process may hold."""


@dataclass(frozen=True)
class Catalogue:
    """The lists at one moment. Never changes.

    base: as they were loaded. changes: since then, by the problem's id; `changed` holds their entries.
    read_at: when the notes were last read, by the process's clock.
    """

    base: ProblemIndex
    changes: Mapping[int, Change]
    changed: ProblemIndex
    read_at: datetime

    def with_changes(self, changes: Mapping[int, Change], read_at: datetime) -> Catalogue:
        """The lists after changes; those of an earlier version than is known are left out."""
        newer = {
            problem_id: change
            for problem_id, change in changes.items()
            if problem_id not in self.changes or change[0] > self.changes[problem_id][0]
        }
        if not newer:
            return Catalogue(self.base, self.changes, self.changed, read_at)
        merged = {**self.changes, **newer}
        entries = (entry for _, entry in merged.values() if entry is not None)
        return Catalogue(self.base, merged, ProblemIndex(entries), read_at)

    def query(
        self,
        pk: str,
        *,
        entity: str,
        sort: tuple[str, str] | None = None,
        forward: bool = True,
        limit: int | None = None,
        start: WireItem | None = None,
        consistent: bool = False,
        index: Index | None = None,
    ) -> QueryPage:
        """As `Store.query` of a list of problems, without a call. Every list has one partition, shard 0."""
        low, high = sort or ("", LAST_CHARACTER)
        after = None if start is None else str(start[SK]["S"])
        if after is not None:
            low, high = (after, high) if forward else (low, after)

        def entries(
            source: ProblemIndex, skips: Callable[[int], bool]
        ) -> Iterator[tuple[str, ProblemIndex, int]]:
            for sk, row in source.entries(pk, low, high, forward=forward, skips=skips):
                yield sk, source, row

        iterators = entries(self.base, self.changes.__contains__), entries(self.changed, lambda _: False)
        items: list[WireItem] = []
        for sk, source, row in heapq.merge(*iterators, key=lambda entry: entry[0], reverse=not forward):
            if sk == after:
                continue
            if len(items) == limit:
                last = items[-1]
                return QueryPage(items, {PK: last[PK], SK: last[SK]})
            items.append(source.item(row, pk, sk))
        return QueryPage(items, None)

    def rows(self) -> list[bytes]:
        """Every problem's entry, in no order that means anything; to compare two catalogues."""
        return sorted(chain(self.base.rows_without(self.changes.__contains__), self.changed.rows))


def change_note(actions: Iterable[WriteAction], version: int, moment: datetime) -> list[WriteAction]:
    """The note that a write adds to its transaction if it changes an entry of the list of all problems.

    `version` is the problem's after the write.
    """
    entry: WireItem | None = None
    sk: str | None = None
    for action in actions:
        if isinstance(action, Put) and action.item[PK]["S"].startswith(_ALL):
            entry, sk = action.item, action.item[SK]["S"]
        elif isinstance(action, Delete) and action.key[0].startswith(_ALL):
            sk = sk or action.key[1]
    if sk is None:
        return []
    return [Put(problem_change_item(int(sk.rpartition("#")[2]), version, moment, entry))]


def _change(note: WireItem) -> tuple[int, Change]:
    """The problem's id and the change of a note."""
    record = _CHANGE_CODEC.decode(note)
    if record["platform"] is None:
        return record["problem_id"], (record["version"], None)
    entry = {name: value for name, value in note.items() if name in _SHORTS}
    sk = keys.time_and_id(record["created_at"], record["problem_id"])
    return record["problem_id"], (record["version"], {**entry, SK: {"S": sk}})


class CatalogueCache:
    """A process's catalogue of a table. Safe to share between threads.

    most: how many problems are held at most; 0 for no catalogue.
    now: the present moment; monotonic: seconds of a clock; start: runs a function in the background.
    """

    def __init__(
        self,
        store: Store,
        lists: ListPartitions,
        most: int,
        now: Callable[[], datetime],
        *,
        monotonic: Callable[[], float] = time.monotonic,
        start: Callable[[Callable[[], None]], None] | None = None,
    ) -> None:
        self._store, self._lists, self._most, self._now = store, lists, most, now
        self._monotonic = monotonic
        self._loading = BackgroundWork(
            "the catalogue of problems was not loaded",
            (DataLayerError, LookupError, TypeError, ValueError),  # or a damaged entry
            start=start,
        )
        self._catalogue: Catalogue | None = None
        self._reading, self._swapping = threading.Lock(), threading.Lock()
        self._next_read = self._next_load = self._next_try = 0.0
        self._seconds = FIRST_SECONDS
        self._own_writes = self._seen_writes = 0

    def expect_change(self) -> None:
        """This process has written a change: the next reader has to see it."""
        self._own_writes += 1

    def refresh(self) -> int:
        """Reads the changes since the last time, and returns how many problems they are of. One Query."""
        catalogue = self._catalogue
        changes, read_at = self._changes_since(self._now() if catalogue is None else catalogue.read_at)
        self._apply(changes, read_at)
        return len(changes)

    def current(self) -> Catalogue | None:
        """The catalogue; None if there is none yet, or it cannot have a change that this process made.

        Usually no call. Every 2 seconds one Query of the changes, by one thread: 0.5 RCU per 4 KB, twice that after
        a write of this process. The list is loaded in the background. When the table fails, what is known is
        returned.
        """
        if not self._most:
            return None
        now, catalogue = self._monotonic(), self._catalogue
        has_many_changes = catalogue is not None and len(catalogue.changes) > MOST_CHANGES
        if now >= self._next_try and (has_many_changes or now >= self._next_load):
            self._next_try = now + RETRY_SECONDS
            self._loading.start(self._load_or_turn_off)
        if self._catalogue is None or not self._catalogue.base.rows:
            return None
        wrote = self._own_writes != self._seen_writes
        if wrote or now >= self._next_read:
            if self._reading.acquire(blocking=False):
                try:
                    self._refresh(now, consistent=wrote)
                finally:
                    self._reading.release()
            elif wrote:
                return None
        return self._catalogue

    def latest(self) -> Catalogue | None:
        """As `current`, but rather the catalogue from before a change that another thread is reading than none."""
        current = self.current()
        catalogue = self._catalogue
        return current or (catalogue if catalogue is not None and catalogue.base.rows else None)

    def _refresh(self, now: float, *, consistent: bool) -> None:
        self._next_read = now + READ_SECONDS
        own_writes, catalogue = self._own_writes, self._catalogue
        if catalogue is None:
            return
        if self._now() - catalogue.read_at > CHANGES_KEPT / 2:
            # Notes that were not read may be gone.
            self._catalogue, self._next_load = None, 0.0
            return
        try:
            changes, read_at = self._changes_since(catalogue.read_at, consistent=consistent)
        except DataLayerError as failure:
            logger.warning("the catalogue of problems was not refreshed: %s", failure)
            return
        self._apply(changes, read_at)
        self._seen_writes = own_writes

    def _apply(self, changes: Mapping[int, Change], read_at: datetime) -> None:
        with self._swapping:
            if self._catalogue is not None:
                self._catalogue = self._catalogue.with_changes(changes, read_at)

    def _changes_since(
        self, moment: datetime, *, consistent: bool = False
    ) -> tuple[dict[int, Change], datetime]:
        """The latest change of each problem by the notes since a moment, and when they were read."""
        read_at = self._now()
        notes = self._store.query_all(
            keys.PROBLEM_CHANGES, entity="problem_change", consistent=consistent,
            sort=(keys.time_text(moment - _OVERLAP), LAST_CHARACTER),
        )  # fmt: skip
        changes: dict[int, Change] = {}
        for problem_id, change in map(_change, notes):
            if problem_id not in changes or change[0] > changes[problem_id][0]:
                changes[problem_id] = change
        return changes, read_at

    def _load_or_turn_off(self) -> None:
        try:
            self._load()
        except TooManyProblems:
            logger.warning(
                "the catalogue has more than %d problems: lists are read from the table; set "
                "DYNAMODB_CATALOGUE_PROBLEMS higher, or to 0 to turn it off", self._most,
            )  # fmt: skip
            self._catalogue, self._next_try = None, self._monotonic() + MOST_SECONDS

    def _load(self) -> None:
        """Reads the list of all problems, and the changes since. One Query per MB: 128 RCU; 1,062 for 50,000."""
        started, own_writes = self._now(), self._own_writes
        base = ProblemIndex(self._entries())
        changes, read_at = self._changes_since(started, consistent=True)
        loaded = Catalogue(base, {}, ProblemIndex(()), read_at).with_changes(changes, read_at)
        with self._swapping:
            before, self._catalogue = self._catalogue, loaded
        if before is not None and before.rows() == loaded.rows():
            self._seconds = min(2 * self._seconds, MOST_SECONDS)
        else:
            self._seconds = FIRST_SECONDS
        now = self._monotonic()
        # An empty table may be one that is about to be filled by the move, which writes no notes.
        self._next_load = now + (self._seconds if base.rows else RETRY_SECONDS)
        self._next_read = now + READ_SECONDS
        self._seen_writes = max(self._seen_writes, own_writes)

    def _entries(self) -> Iterator[WireItem]:
        """The list of all problems. Raises `TooManyProblems`."""
        count = 0
        for pk in self._lists.partitions(keys.ALL_PROBLEMS):
            start: WireItem | None = None
            while True:
                page = self._store.query(pk, entity="problem_entry", start=start)
                count += len(page.items)
                if count > self._most:
                    raise TooManyProblems
                yield from page.items
                start = page.last_key
                if start is None:
                    break
