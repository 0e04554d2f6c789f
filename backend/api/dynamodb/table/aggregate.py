"""Aggregates: records that are stored as several items, and the writes that create, change or remove them together."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from api.dynamodb.codec import large_text
from api.dynamodb.codec.codec import Codec, Record
from api.dynamodb.codec.item_size import WireItem, WireValue
from api.dynamodb.codec.items import ItemSet
from api.dynamodb.schema.entities import DERIVATION_ATTRIBUTES, KEY_ATTRIBUTES
from api.dynamodb.table.expressions import Changes, Condition, absent, all_of, any_of, equals, exists
from api.dynamodb.table.write_actions import Delete, Key, Put, Update, WriteAction, key_of

Parts = Mapping[str, list[Mapping[str, WireValue] | None]]


def _no_actions(before: Record | None, after: Record | None) -> Iterable[WriteAction]:
    return ()


@dataclass(frozen=True)
class Aggregate:
    """How one record is stored.

    codec: encodes and decodes the main item.
    build: makes all items of a new record.
    key: of the main item.
    owner: names the main item in the keys of its text parts.
    unique: the field that a guard item protects, by the prefix of the guard's partition key.
    derived_from: large fields from which other items are built, so that every change has to read them.
    version_field: the field that counts the changes of this kind; None and no attribute before the first.
    build_stored: makes all items of a record as they are stored beside its main item; None: `build` does.
    build_changed: the same for the record that replaces one with that main item; None: `build` does.
    extra_actions: further writes of the same transaction, from the record before (None: it is created) and
    after (None: it is deleted). Large text fields may be missing from both.
    """

    codec: Codec
    build: Callable[[Record], ItemSet]
    key: Key
    owner: str
    unique: Mapping[str, str]
    derived_from: tuple[str, ...] = ()
    version_field: str = "version"
    build_stored: Callable[[Record, WireItem], ItemSet] | None = None
    build_changed: Callable[[Record, WireItem], ItemSet] | None = None
    extra_actions: Callable[[Record | None, Record | None], Iterable[WriteAction]] = _no_actions

    @property
    def name(self) -> str:
        """The entity's name."""
        return self.codec.entity.name

    def stored_items(self, record: Record, main: WireItem) -> ItemSet:
        """All items of a record as they are stored beside its main item, which may be of an earlier version."""
        return self.build(record) if self.build_stored is None else self.build_stored(record, main)

    def changed_items(self, record: Record, main: WireItem) -> ItemSet:
        """All items of a record that replaces one with that main item."""
        return self.build(record) if self.build_changed is None else self.build_changed(record, main)


def has_version_of(aggregate: Aggregate, item: WireItem) -> Condition:
    """The stored item has the version of the one that was read, and its keys were derived in the same way."""
    version = aggregate.codec.entity.short(aggregate.version_field)
    conditions = [equals(version, item[version]) if version in item else all_of(exists(), absent(version))]
    if aggregate.build_stored is not None:
        conditions += [equals(a, item[a]) if a in item else absent(a) for a in DERIVATION_ATTRIBUTES]
    return all_of(*conditions)


def guard_is_available(guard: WireItem) -> Condition:
    """The guard does not exist, or belongs to the same aggregate."""
    ((name, value),) = ((name, value) for name, value in guard.items() if name not in KEY_ATTRIBUTES)
    return any_of(absent(), equals(name, value))


def refers_to_parts(codec: Codec, item: WireItem) -> bool:
    """Whether a text of an item is stored in parts; most items have none."""
    for field in codec.large:
        value = item.get(field.short)
        if value is not None and large_text.is_external(value):
            return True
    return False


def part_keys(
    codec: Codec, item: WireItem, owner: str, fields: Iterable[str] | None = None
) -> dict[str, list[Key]]:
    """The keys of the text parts that an item refers to, by short attribute name; of all large `fields` by default."""
    return {
        field.short: large_text.part_keys(owner, field.short, item[field.short])
        for field in codec.large
        if field.short in item
        and large_text.is_external(item[field.short])
        and (fields is None or field.name in fields)
    }


def all_part_keys(aggregate: Aggregate, item: WireItem) -> list[Key]:
    """The keys of all text parts that an aggregate's main item refers to."""
    by_attribute = part_keys(aggregate.codec, item, aggregate.owner)
    return [key for keys in by_attribute.values() for key in keys]


def replaced_parts(aggregate: Aggregate, old: WireItem, new: WireItem) -> list[Key]:
    """The keys of the text parts to which the old main item refers and the new one does not."""
    in_use = all_part_keys(aggregate, new)
    return [key for key in all_part_keys(aggregate, old) if key not in in_use]


def stamp_parts(items: ItemSet) -> ItemSet:
    """Gives the text parts keys that no other writer uses. Changes the items and returns them."""
    if items.parts:
        large_text.stamp(items.main, items.parts, secrets.token_hex(5))
    return items


def decode_items(aggregate: Aggregate, items: ItemSet) -> Record:
    """The record that a complete set of items stores."""
    by_key: dict[Key, WireItem] = {key_of(part): part for part in items.parts}
    by_attribute = part_keys(aggregate.codec, items.main, aggregate.owner)
    parts: Parts = {short: [by_key.get(key) for key in keys] for short, keys in by_attribute.items()}
    return aggregate.codec.decode(items.main, parts)


def with_empty_texts(aggregate: Aggregate, record: Record) -> Record:
    """The record with empty texts for required large fields that were not read: enough to build keys."""
    missing = [field.name for field in aggregate.codec.large if field.name not in record and field.required]
    return {**record, **dict.fromkeys(missing, "")}


def rebuild_items(
    aggregate: Aggregate, item: WireItem, record: Record, changes: Mapping[str, Any]
) -> tuple[ItemSet, ItemSet]:
    """An aggregate's items before and after a change; large texts that do not change keep their stored form."""
    complete = with_empty_texts(aggregate, record)
    old = aggregate.stored_items(complete, item)
    new = stamp_parts(aggregate.changed_items({**complete, **changes}, item))
    old.main = item
    for field in aggregate.codec.large:
        if field.name not in changes and field.short in item:
            new.main[field.short] = item[field.short]
    return old, new


def change_actions(old: ItemSet, new: ItemSet, condition: Condition) -> list[WriteAction]:
    """The writes that turn the old items into the new ones. The main item's, under `condition`, comes first."""
    actions: list[WriteAction] = [Update(key_of(new.main), Changes.between(old.main, new.main), condition)]
    for old_items, new_items, are_guards in (
        (old.guards, new.guards, True),
        (old.entries, new.entries, False),
    ):
        before = {key_of(item): item for item in old_items}
        after = {key_of(item): item for item in new_items}
        actions += [
            Delete(key, guard_is_available(item) if are_guards else None)
            for key, item in before.items()
            if key not in after
        ]
        actions += [
            Put(item, guard_is_available(item) if are_guards else None)
            for key, item in after.items()
            if before.get(key) != item
        ]
    return actions
