"""Things made of several items: how they are declared, and the writes that make one state of them out of another."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from api.dynamodb import large_text
from api.dynamodb.codec import Codec, Record
from api.dynamodb.entities import KEY_ATTRIBUTES
from api.dynamodb.expressions import Changes, absent, any_of, equals
from api.dynamodb.item_size import WireItem, WireValue
from api.dynamodb.items import ItemSet
from api.dynamodb.store import Action, Delete, Key, Put, Update, key_of

Parts = Mapping[str, list[Mapping[str, WireValue] | None]]


def _nothing_else(was: Record | None, becomes: Record | None) -> Iterable[Action]:
    return ()


@dataclass(frozen=True)
class Thing:
    """One stored thing: how it is read, how its items are built, where it is, who owns its text parts.

    `unique` says, by the beginning of a guard's partition key, which field the guard stands for.
    `needed` are the large fields from which other items are derived. `also` gives what else is written in
    the same transaction, by the record as it was (None: there was none) and as it shall be (None: it goes);
    fields that are large texts may be missing in either.
    """

    codec: Codec
    build: Callable[[Record], ItemSet]
    key: Key
    owner: str
    unique: Mapping[str, str]
    needed: tuple[str, ...] = ()
    also: Callable[[Record | None, Record | None], Iterable[Action]] = _nothing_else

    @property
    def name(self) -> str:
        """The entity's name."""
        return self.codec.entity.name


def held(guard: WireItem) -> Callable[..., str]:
    """The guard is free, or held by the same thing."""
    ((name, value),) = ((name, value) for name, value in guard.items() if name not in KEY_ATTRIBUTES)
    return any_of(absent(), equals(name, value))


def part_keys(
    codec: Codec, item: WireItem, owner: str, only: Iterable[str] | None = None
) -> dict[str, list[Key]]:
    """The keys of the parts of an item's external texts, by short name; `only` names fields of interest."""
    return {
        field.short: large_text.part_keys(owner, field.short, item[field.short])
        for field in codec.large
        if field.short in item
        and large_text.is_external(item[field.short])
        and (only is None or field.name in only)
    }


def all_part_keys(thing: Thing, item: WireItem) -> list[Key]:
    """The keys of all parts that a thing's main item refers to."""
    return [key for some in part_keys(thing.codec, item, thing.owner).values() for key in some]


def stamped(items: ItemSet) -> ItemSet:
    """The items, their text parts under keys that no other writer uses."""
    if items.parts:
        large_text.stamp(items.main, items.parts, secrets.token_hex(5))
    return items


def decoded(thing: Thing, items: ItemSet) -> Record:
    """The record that a set of items holds."""
    by_key: dict[Key, WireItem] = {key_of(part): part for part in items.parts}
    wanted = part_keys(thing.codec, items.main, thing.owner)
    parts: Parts = {short: [by_key.get(key) for key in some] for short, some in wanted.items()}
    return thing.codec.decode(items.main, parts)


def filled(thing: Thing, known: Record) -> Record:
    """A record whose required large texts, where they were not read, are empty: enough to build keys from."""
    missing = [field.name for field in thing.codec.large if field.name not in known and field.required]
    return {**known, **dict.fromkeys(missing, "")}


def rebuilt(thing: Thing, item: WireItem, known: Record, fresh: Mapping[str, Any]) -> tuple[ItemSet, ItemSet]:
    """A thing's items as they are and shall be; large texts that do not change stay as they are stored."""
    base = filled(thing, known)
    old, new = thing.build(base), stamped(thing.build({**base, **fresh}))
    old.main = item
    for field in thing.codec.large:
        if field.name not in fresh and field.short in item:
            new.main[field.short] = item[field.short]
    return old, new


def moves(old: ItemSet, new: ItemSet, condition: Callable[..., str]) -> list[Action]:
    """The actions that make the new items of the old ones, the main item's first."""
    actions: list[Action] = [Update(key_of(new.main), Changes.between(old.main, new.main), condition)]
    for mine, theirs, guarded in ((old.guards, new.guards, True), (old.entries, new.entries, False)):
        before = {key_of(item): item for item in mine}
        after = {key_of(item): item for item in theirs}
        actions += [
            Delete(key, held(item) if guarded else None) for key, item in before.items() if key not in after
        ]
        actions += [
            Put(item, held(item) if guarded else None)
            for key, item in after.items()
            if before.get(key) != item
        ]
    return actions
