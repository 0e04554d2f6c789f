"""Reads every item of one subject: a user, a run, a problem, a test case, a plan, a day of uses.

Lists of any length are read up to a limit, and the report says where it ended.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from api.dynamodb.codec.codec import Record
from api.dynamodb.codec.item_size import WireItem
from api.dynamodb.codec.items import CODECS, ItemSet
from api.dynamodb.codec.key_forms import kind_of
from api.dynamodb.errors import Corrupt, DataLayerError, InvalidInput
from api.dynamodb.schema import keys
from api.dynamodb.schema.entities import PENDING_PARTS, SK
from api.dynamodb.schema.indexes import INDEXES, Index
from api.dynamodb.table.aggregate import Aggregate, Parts, part_keys, with_empty_texts
from api.dynamodb.table.expressions import Condition
from api.dynamodb.table.store import Store
from api.dynamodb.table.write_actions import Key, key_of
from inspection import findings as f

_PENDING = CODECS[PENDING_PARTS.name]


@dataclass
class Subject:
    """What was read of one subject, and what is wrong with it.

    listed: the names of the indexes that list an item, by its key; cut: the lists that are longer than the limit.
    """

    name: str
    items: dict[Key, WireItem] = field(default_factory=dict)
    listed: dict[Key, list[str]] = field(default_factory=dict)
    findings: list[f.Finding] = field(default_factory=list)
    cut: list[str] = field(default_factory=list)

    def add(self, items: Iterable[WireItem | None]) -> list[WireItem]:
        """Adds items that exist, each once, and returns them."""
        existing = [item for item in items if item is not None]
        self.items |= {key_of(item): item for item in existing}
        return existing

    def found(self, findings: Iterable[f.Finding]) -> None:
        """Adds findings, each once."""
        self.findings += [finding for finding in findings if finding not in self.findings]


class Lookup:
    """Reads of one table, consistent wherever it is possible.

    now: the present moment; limit: how many entries of a list are read.
    """

    def __init__(self, store: Store, now: Callable[[], datetime], limit: int) -> None:
        self.store, self.now, self.limit = store, now, limit

    def get(self, key: Key) -> WireItem | None:
        """One item. One GetItem, 1 RCU per started 4 KB."""
        return self.store.get(key, entity="inspected", consistent=True)

    def get_all(self, item_keys: Iterable[Key]) -> dict[Key, WireItem]:
        """Items by key. One BatchGetItem per 100 keys, 1 RCU per started 4 KB of each item; none without keys."""
        unique = list(dict.fromkeys(item_keys))
        return self.store.batch_get(unique, entity="inspected", consistent=True) if unique else {}

    def partition(
        self,
        subject: Subject,
        pk: str,
        name: str,
        *,
        sort: tuple[str, str] | None = None,
        where: Condition | None = None,
    ) -> list[WireItem]:
        """The items of a partition, newest first, up to the limit, which are added to the subject.

        One Query per 1 MB: 1 RCU per started 4 KB.
        """
        items: list[WireItem] = []
        start = None
        while True:
            page = self.store.query(
                pk, entity="inspected", sort=sort, forward=False, consistent=True, start=start, where=where,
                limit=None if where is not None else self.limit + 1 - len(items),
            )  # fmt: skip
            items += page.items
            start = page.last_key
            if start is None or len(items) > self.limit:
                break
        if len(items) > self.limit:
            subject.cut.append(f"{name}: the newest {self.limit}")
        return subject.add(items[: self.limit])

    def parts(self, subject: Subject, owner: str) -> dict[Key, WireItem]:
        """The text parts that are stored under an owner, all of them. One Query per 1 MB."""
        parts = self.store.query_all(keys.parts_pk(owner), entity="text_part", consistent=True)
        subject.add(parts)
        return {key_of(part): part for part in parts}

    def pending(self, subject: Subject, is_meant: Callable[[Record], bool]) -> set[Key]:
        """The keys of parts in notes of interrupted or running writes; one Query for each shard of the notes."""
        pending: set[Key] = set()
        for pk in keys.PENDING_PARTS.partitions():
            for item in self.store.query_all(pk, entity=PENDING_PARTS.name, consistent=True):
                try:
                    note = _PENDING.decode(item)
                except Corrupt:
                    continue
                if is_meant(note):
                    subject.add([item])
                    pending |= {(keys.parts_pk(note["owner"]), sk) for sk in note["part_sks"] or ()}
        return pending

    def look_in_indexes(self, subject: Subject, items: Iterable[WireItem]) -> None:
        """Asks each index for the items that have a key for it. One Query each: 0.5 RCU per started 4 KB."""
        for item in list(items):
            for index in INDEXES:
                if index.pk in item and index.sk in item:
                    is_listed = self._is_listed(item, index)
                    if is_listed:
                        subject.listed.setdefault(key_of(item), []).append(index.name)
                    subject.found(f.index_findings(item, index, is_listed))

    def _is_listed(self, item: WireItem, index: Index) -> bool:
        sk = item[index.sk]["S"]
        page = self.store.query(item[index.pk]["S"], entity="inspected", sort=(sk, sk), index=index)
        return key_of(item) in map(key_of, page.items)

    def derived(self, subject: Subject, mains: Iterable[tuple[Aggregate, WireItem]]) -> list[Record]:
        """Reads what is derived from main items and compares it; the records of those that can be read.

        One BatchGetItem per 100 derived items: 1 RCU per started 4 KB of each.
        """
        built = [(main, *_expected(aggregate, main, subject.items)) for aggregate, main in mains]
        sets = [(main, expected) for main, expected, _ in built if expected is not None]
        stored = self.get_all(key_of(item) for _, s in sets for item in (*s.guards, *s.entries))
        subject.add(stored.values())
        for main, expected in sets:
            subject.found(f.set_findings(expected, main, stored))
        return [record for _, _, record in built if record is not None]

    def finish(self, subject: Subject) -> Subject:
        """Checks every item by itself, and looks where the indexes should list it."""
        now = self.now()
        for item in subject.items.values():
            subject.found(f.item_findings(item, now))
        self.look_in_indexes(subject, subject.items.values())
        return subject


def _expected(
    aggregate: Aggregate, main: WireItem, stored: Mapping[Key, WireItem]
) -> tuple[ItemSet | None, Record | None]:
    """The items that a main item's record has today; (None, None) if they cannot be built.

    stored: may hold text parts, for records of which further items are built from a large text.
    """
    try:
        keys_of_parts = part_keys(aggregate.codec, main, aggregate.owner)
        parts: Parts = {
            short: [stored[key] for key in each]
            for short, each in keys_of_parts.items()
            if set(each) <= stored.keys()
        }
        record = with_empty_texts(aggregate, aggregate.codec.decode(main, parts))
        return aggregate.stored_items(record, main), record
    except (DataLayerError, KeyError, TypeError, ValueError):
        return None, None


def missing(description: str, hint: str = "") -> InvalidInput:
    """The error for a subject of which there is no item."""
    return InvalidInput(f"there is no {description} in the table", hint=hint)


def with_kind(subject: Subject, kind: str) -> list[WireItem]:
    """The items of a kind, in order of their sort keys."""
    return sorted(
        (item for item in subject.items.values() if kind_of(item) == kind), key=lambda item: item[SK]["S"]
    )


def holder(guard: WireItem, name: str) -> int:
    """The id in a guard. Raises `Corrupt`."""
    record: dict[str, Any] = CODECS[kind_of(guard)].decode(guard)
    if not isinstance(record.get(name), int):
        raise Corrupt(f"the guard {key_of(guard)[0]} names nobody")
    return int(record[name])
