"""What a main item demands of the rest of the table: its entries in lists, its guards, its own index keys."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from api.dynamodb.codec import large_text
from api.dynamodb.codec.codec import Codec, Record
from api.dynamodb.codec.derivation import PROBLEM_DERIVATIONS, USER_DERIVATIONS, Derivation, Derivations
from api.dynamodb.codec.item_size import WireItem, WireValue
from api.dynamodb.codec.items import CODECS, ItemSet, problem_items, run_items, user_items
from api.dynamodb.errors import Corrupt, InvalidInput
from api.dynamodb.schema import entities as e
from api.dynamodb.schema import keys
from api.dynamodb.schema.entities import DERIVATION_ATTRIBUTES, GSI2PK, KEY_ATTRIBUTES, PK, SK
from api.dynamodb.schema.entity import Entity
from api.dynamodb.schema.list_shards import read_partitions
from api.dynamodb.table.store import Store
from api.dynamodb.table.write_actions import Key, key_of

INDEX_ATTRIBUTES = tuple(name for name in KEY_ATTRIBUTES if name not in (PK, SK))
OWN_ATTRIBUTES = (*INDEX_ATTRIBUTES, *DERIVATION_ATTRIBUTES)
_UNREADABLE = (Corrupt, InvalidInput, KeyError, TypeError, ValueError, AttributeError, OverflowError)


# How derived items are made: as they are stored beside the main item; by today's rules, but with the list entries of
# before beside those of today; by today's rules.
Rules = Literal["stored", "expand", "today"]


@dataclass(frozen=True)
class Source:
    """A kind of record from which other items are derived.

    pk: the partition key of a record's main item, by the record's id.
    build: makes all items of a record, with its stored main item, by some rules.
    derived_from: large fields that it needs.
    entries, guards: the kinds of items derived from it.
    """

    entity: Entity
    pk: Callable[[int], str]
    build: Callable[[Record, WireItem, Rules], ItemSet]
    derived_from: tuple[str, ...]
    entries: tuple[str, ...]
    guards: tuple[str, ...]

    @property
    def name(self) -> str:
        """The kind of its main items."""
        return self.entity.name

    @property
    def codec(self) -> Codec:
        """The codec of its main items."""
        return CODECS[self.name]

    @property
    def id_short(self) -> str:
        """The attribute with a record's id."""
        return self.entity.fields[0].short

    def key(self, record_id: int) -> Key:
        """The key of a record's main item."""
        return self.pk(record_id), keys.META


def _derivation(derivations: Derivations[Any], main: WireItem, rules: Rules) -> Derivation[Any]:
    stored = derivations.stored(main)
    if rules == "stored":
        return stored
    new = derivations.new()
    return replace(new, shards=tuple(sorted({*stored.shards, *new.shards}))) if rules == "expand" else new


def _user(record: Record, main: WireItem, rules: Rules) -> ItemSet:
    return user_items(record, _derivation(USER_DERIVATIONS, main, rules))


def _problem(record: Record, main: WireItem, rules: Rules) -> ItemSet:
    return problem_items(record, record.get("tags"), _derivation(PROBLEM_DERIVATIONS, main, rules))


def _run(record: Record, main: WireItem, rules: Rules) -> ItemSet:
    """A public run stays in its shard of the timeline until it is derived again, whatever number is set for writers."""
    items = run_items(record)
    stored = main.get(GSI2PK, {}).get("S")
    if rules == "stored" and GSI2PK in items.main and stored in read_partitions(keys.TIMELINE):
        items.main[GSI2PK] = main[GSI2PK]
    return items


USERS = Source(
    e.USER, keys.user_pk, _user, (), (e.USER_ENTRY.name,), (e.EMAIL_GUARD.name, e.GOOGLE_GUARD.name)
)
PROBLEMS = Source(
    e.PROBLEM, keys.problem_pk, _problem, ("tags",), (e.PROBLEM_ENTRY.name, e.WORD_ENTRY.name),
    (e.NUMBER_GUARD.name,),
)  # fmt: skip
RUNS = Source(e.RUN, keys.run_pk, _run, (), (e.USER_RUN.name, e.USER_PROBLEM_RUN.name), ())
SOURCES = {source.name: source for source in (USERS, PROBLEMS, RUNS)}
SOURCE_OF = {kind: source for source in SOURCES.values() for kind in (*source.entries, *source.guards)}
GUARDS = frozenset(kind for source in SOURCES.values() for kind in source.guards)
_HOLDERS = {entity.name: entity.fields[0].short for entity in (e.EMAIL_GUARD, e.GOOGLE_GUARD, e.NUMBER_GUARD)}


def main_id(item: WireItem) -> int:
    """The id in the partition key of a main item."""
    return int(item[PK]["S"].rpartition("#")[2])


def holder_id(kind: str, item: WireItem) -> int | None:
    """The id of the record to which a derived item belongs; None for a guard that names none."""
    if kind not in _HOLDERS:
        return int(item[SK]["S"].rpartition("#")[2])
    try:
        return int(item[_HOLDERS[kind]]["N"])
    except (KeyError, ValueError):
        return None


@dataclass(frozen=True)
class Derived:
    """What a main item demands: every derived item by key, the keys of those that are guards, its own attributes.

    own: its index keys, and what it says about how keys were derived.
    """

    items: Mapping[Key, WireItem]
    guards: frozenset[Key]
    own: WireItem


NOTHING = Derived({}, frozenset(), {})


def own_attributes(item: WireItem) -> WireItem:
    """The index keys of a main item, and what it says about how keys were derived."""
    return {name: item[name] for name in OWN_ATTRIBUTES if name in item}


def derived_items(source: Source, item: WireItem, store: Store, rules: Rules = "stored") -> Derived | None:
    """What the main item demands by some rules; None if it cannot be read, or if the rules refuse a value of it.

    Its id is that of its key. No call, but one BatchGetItem for a problem whose tags are stored in parts.
    """
    unneeded = {field.short for field in source.codec.large if field.name not in source.derived_from}
    attributes = {name: value for name, value in item.items() if name not in unneeded}
    attributes[source.id_short] = {"N": str(main_id(item))}
    try:
        record = source.codec.decode(attributes, _parts(source, attributes, store))
        for field in source.codec.large:
            if field.required:
                record[field.name] = ""
        items = source.build(record, item, rules)
    except _UNREADABLE:
        return None
    derived = {key_of(entry): entry for entry in (*items.guards, *items.entries)}
    own = own_attributes(items.main)
    if rules == "stored":
        own |= {name: item[name] for name in DERIVATION_ATTRIBUTES if name in item}
    return Derived(derived, frozenset(map(key_of, items.guards)), own)


def _parts(source: Source, item: WireItem, store: Store) -> dict[str, list[Mapping[str, WireValue] | None]]:
    """The parts of the large texts from which other items are derived."""
    owner = item[PK]["S"]
    parts: dict[str, list[Mapping[str, WireValue] | None]] = {}
    for name in source.derived_from:
        short = source.entity.short(name)
        if short in item and (part_keys := large_text.part_keys(owner, short, item[short])):
            stored = store.batch_get(part_keys, entity=e.TEXT_PART.name, consistent=True)
            parts[short] = [stored.get(key) for key in part_keys]
    return parts


def is_same(first: WireItem | None, second: WireItem | None) -> bool:
    """Whether two items are stored alike: the order of a set's members does not matter."""
    if first is None or second is None:
        return first is second
    return first.keys() == second.keys() and all(
        _plain(value) == _plain(second[name]) for name, value in first.items()
    )


def _plain(value: WireValue) -> Any:
    ((kind, content),) = value.items()
    return (kind, sorted(content)) if kind in ("SS", "NS", "BS") else (kind, content)


def keys_of_parts(item: WireItem, owner: str) -> Iterable[tuple[str, str, int]]:
    """(partition key, name, number of parts) of each large text of an item that is stored in parts."""
    for short, value in item.items():
        if large_text.is_external(value):
            part_keys = large_text.part_keys(owner, short, value)
            if part_keys:
                yield part_keys[0][0], part_keys[0][1].rpartition("#")[0], len(part_keys)
