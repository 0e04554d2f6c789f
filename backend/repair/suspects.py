"""The first look at a page of a scan: which records may not fit together with what is derived from them.

It reads eventually consistently and while others write, so it only suspects: `examination` decides.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from api.dynamodb.codec.item_size import WireItem
from api.dynamodb.codec.key_forms import kind_of_key
from api.dynamodb.schema.entities import PK, SK
from api.dynamodb.schema.keys import GUARD
from api.dynamodb.table.store import Store
from api.dynamodb.table.write_actions import Delete, Key, key_of
from repair.derivation import (
    GUARDS,
    NOTHING,
    SOURCE_OF,
    SOURCES,
    Derived,
    Rules,
    Source,
    derived_items,
    holder_id,
    is_same,
    main_id,
    own_attributes,
)
from repair.examination import Examiner, Suspects, as_read
from repair.findings import Finding

Record = tuple[str, int]


class _Page:
    """The main items and derived items of a page, with what they demand of the table."""

    def __init__(self, store: Store, sources: Iterable[Source], rules: Rules) -> None:
        self._store, self._rules = store, rules
        self._sources = {source.name for source in sources}
        self.mains: dict[Record, WireItem] = {}
        self.derived: list[tuple[Record, WireItem]] = []
        self._demands: dict[Record, Derived | None] = {}

    def add(self, kind: str, item: WireItem) -> None:
        if kind in self._sources:
            self.mains[kind, main_id(item)] = item
            return
        source = SOURCE_OF.get(kind)
        if source is not None and source.name in self._sources:
            holder = holder_id(kind, item)
            if holder is not None:
                self.derived.append(((source.name, holder), item))

    def demands(self, record: Record, item: WireItem) -> Derived | None:
        if record not in self._demands:
            self._demands[record] = derived_items(SOURCES[record[0]], item, self._store, self._rules)
        return self._demands[record]


def find_suspects(
    store: Store,
    items: Iterable[tuple[str, WireItem]],
    sources: Iterable[Source] = tuple(SOURCES.values()),
    *,
    rules: Rules = "stored",
) -> list[Suspects]:
    """The records that may not fit together with their derived items, from a page of (kind, item).

    A guard that its holder may not demand is no suspect, but told by `doubtful_guards`: another record may demand it.

    sources: the kinds of records to look at. rules: as for `Examiner`.

    One BatchGetItem per 100 items that the page's items demand and that are not on the page: 0.5 RCU each.
    """
    page = _Page(store, sources, rules)
    for kind, item in items:
        page.add(kind, item)
    stored = _read(store, page)
    suspects: dict[Record, Suspects] = {}

    def suspect(record: Record, *keys: Key) -> None:
        entry = suspects.setdefault(record, Suspects(SOURCES[record[0]], record[1]))
        entry.keys.update(keys)

    for record, main in page.mains.items():
        source, demands = SOURCES[record[0]], page.demands(record, main)
        if demands is not None and (
            main.get(source.id_short) != {"N": str(record[1])}
            or not is_same(own_attributes(main), demands.own)
            or any(not is_same(stored.get(key), item) for key, item in demands.items.items())
        ):
            suspect(record)
    for record, item in page.derived:
        if item[SK]["S"] == GUARD:
            continue
        holder = stored.get(SOURCES[record[0]].key(record[1]))
        if holder is None:
            suspect(record, key_of(item))
            continue
        demands = page.demands(record, holder)
        if demands is not None and not is_same(demands.items.get(key_of(item)), item):
            suspect(record, key_of(item))
    return list(suspects.values())


def doubtful_guards(
    store: Store, items: Iterable[tuple[str, WireItem]], *, rules: Rules = "stored"
) -> list[Key]:
    """The keys of a page's guards that name nobody, or a holder that may not demand them.

    One BatchGetItem per 100 holders: 0.5 RCU each.
    """
    guards = [(SOURCE_OF[kind], holder_id(kind, item), item) for kind, item in items if kind in GUARDS]
    holders = {source.key(number) for source, number, _ in guards if number is not None}
    stored = store.batch_get(holders, entity="holder") if holders else {}
    doubtful = []
    for source, number, item in guards:
        main = None if number is None else stored.get(source.key(number))
        demands = NOTHING if main is None else derived_items(source, main, store, rules)
        if demands is not None and key_of(item) not in demands.items:
            doubtful.append(key_of(item))
    return doubtful


def examine_guards(store: Store, examiner: Examiner, guards: Iterable[Key]) -> Iterator[Finding]:
    """What is wrong with doubtful guards, after every record that may demand one of them was examined.

    One GetItem for each (1 RCU), and what `Examiner.examine` costs.
    """
    for key in guards:
        kind, guard = kind_of_key(*key), store.get(key, entity="guard", consistent=True)
        if guard is None or kind is None:
            continue
        holder = holder_id(kind, guard)
        if holder is None:
            yield Finding("guard.dangling", key, "it names nobody", Delete(key, as_read(guard)))
            continue
        for finding in examiner.examine(Suspects(SOURCE_OF[kind], holder, {key})):
            if finding.key == key:
                yield finding


def _read(store: Store, page: _Page) -> dict[Key, WireItem]:
    """Every item that the page's items need, those of the page included."""
    stored = {(item[PK]["S"], item[SK]["S"]): item for item in page.mains.values()}
    stored |= {key_of(item): item for _, item in page.derived}
    needed: set[Key] = {SOURCES[name].key(number) for (name, number), _ in page.derived}
    for record, main in page.mains.items():
        demands = page.demands(record, main)
        needed.update(() if demands is None else demands.items)
    return stored | store.batch_get(needed - stored.keys(), entity="derived")
