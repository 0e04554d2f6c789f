"""What all repositories share: reading large texts, and changing things made of several items."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from api.dynamodb.clock import utc_now
from api.dynamodb.codec import Codec, Record
from api.dynamodb.entities import PK
from api.dynamodb.errors import (
    ConditionFailed,
    Corrupt,
    DataLayerError,
    Duplicate,
    NotFound,
    OutcomeUnknown,
    Throttled,
    TransactionCancelled,
)
from api.dynamodb.expressions import absent, equals
from api.dynamodb.item_size import WireItem
from api.dynamodb.repositories.things import (
    Parts,
    Thing,
    all_part_keys,
    decoded,
    filled,
    held,
    moves,
    part_keys,
    rebuilt,
    stamped,
)
from api.dynamodb.store import Action, Delete, Key, Put, Store, Update, key_of
from api.dynamodb.transports import calls_to
from config.environment import environment

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

logger = logging.getLogger(__name__)

_READ_ATTEMPTS = 3
_CHANGE_ATTEMPTS = 4
_REFUSED = "ConditionalCheckFailed"


def _anybody(record: Record) -> bool:
    return True


class VersionMoved(Exception):
    """Another writer changed the main item between reading and writing it.

    `in_doubt`: or this writer did, in an attempt whose answer was lost.
    """

    def __init__(self, in_doubt: bool) -> None:
        super().__init__()
        self.in_doubt = in_doubt


class BaseRepository:
    """A repository over one table.

    `table` is boto3's Table resource (`DynamoDBClient.get_table()`), by default the configured table, for
    which boto3 need not be loaded. `now` tells the present moment as an aware datetime, for tests. Making
    a repository makes no call; it is safe to share between threads.
    """

    def __init__(self, table: Table | None = None, *, now: Callable[[], datetime] = utc_now) -> None:
        self._store = Store(calls_to(table), environment().table_name if table is None else table.name)
        self._now = now

    @property
    def seconds(self) -> float:
        """How long a call may take at most, infinity if its transport keeps no deadline."""
        return self._store.seconds

    # Reading

    def _read(self, codec: Codec, key: Key, owner: str, *, consistent: bool = False) -> Record | None:
        """A whole record, or None. A text that is replaced while it is read is read again, then `Corrupt`."""
        for _ in range(_READ_ATTEMPTS):
            item = self._store.get(key, entity=codec.entity.name, consistent=consistent)
            if item is None:
                return None
            parts = self._parts([(owner, item)], codec, consistent=consistent)[0]
            if parts is not None:
                return codec.decode(item, parts)
            consistent = True
        raise Corrupt(f"a part of a large text of a {codec.entity.name} is missing")

    def _parts(
        self,
        located: Sequence[tuple[str, WireItem]],
        codec: Codec,
        *,
        consistent: bool = False,
        only: Iterable[str] | None = None,
    ) -> list[Parts | None]:
        """The parts of the external texts of (owner, item) pairs, in order; None where one is missing."""
        wanted = [part_keys(codec, item, owner, only) for owner, item in located]
        keys = [key for by_name in wanted for some in by_name.values() for key in some]
        found = self._store.batch_get(keys, entity="text_part", consistent=consistent) if keys else {}
        answers: list[Parts | None] = []
        for by_name in wanted:
            parts: Parts = {short: [found.get(key) for key in some] for short, some in by_name.items()}
            answers.append(None if any(None in some for some in parts.values()) else parts)
        return answers

    def _complete(
        self, codec: Codec, located: Sequence[tuple[str, WireItem]], *, consistent: bool = False
    ) -> list[Record]:
        """The whole records of (owner, item) pairs; one that was removed meanwhile is left out."""
        records: list[Record] = []
        for (owner, item), parts in zip(
            located, self._parts(located, codec, consistent=consistent), strict=True
        ):
            if parts is not None:
                records.append(codec.decode(item, parts))
            elif (record := self._read(codec, key_of(item), owner, consistent=True)) is not None:
                records.append(record)
        return records

    # Writing

    def _write_parts(self, items: Iterable[WireItem], *, entity: str = "text_part") -> None:
        undone = self._store.batch_write(puts=items, entity=entity)
        if undone:
            raise Throttled(f"{len(undone)} items could not be written")

    def _remove_parts(self, keys: Sequence[Key]) -> None:
        """Removes parts that nothing refers to any more; what fails is only storage, so it is logged."""
        if not keys:
            return
        try:
            undone = self._store.batch_write(deletes=keys, entity="text_part")
        except DataLayerError as failure:
            logger.warning("text parts were left behind: %s", failure)
        else:
            if undone:
                logger.warning("%d text parts were left behind", len(undone))

    def _commit(
        self,
        thing: Thing,
        actions: Sequence[Action],
        record: Record,
        *,
        main: WireItem | None = None,
        parts: Sequence[WireItem] = (),
    ) -> None:
        """New parts first, then all actions at once, the main item's first; `main` is what it will be.

        Raises `Duplicate` for a guard that is taken, and `VersionMoved` when the main item's condition
        fails, unless that is because this very write was carried out before and its answer was lost.
        Parts are removed again after a failure, unless the main item refers to them or cannot be read.
        """
        try:
            if parts:
                self._write_parts(parts)
            match actions:
                case [Update(key, changes, condition)]:
                    self._store.update(key, changes, entity=thing.name, condition=condition)
                case [Put(item, condition)]:
                    self._store.put(item, entity=thing.name, condition=condition)
                case [Delete(key, condition)]:
                    self._store.delete(key, entity=thing.name, condition=condition)
                case _:
                    self._store.transact_write(actions, entity=thing.name)
        except OutcomeUnknown:
            raise
        except DataLayerError as failure:
            moved = _is_moved(failure)
            if moved and failure.in_doubt and main is not None and self._carried_out(thing, main, parts):
                return
            self._discard(thing, parts)
            if moved:
                raise VersionMoved(failure.in_doubt) from failure
            if isinstance(failure, TransactionCancelled):
                _explain(thing, actions, record, failure)
            raise

    def _discard(self, thing: Thing, parts: Sequence[WireItem]) -> None:
        """Removes those parts of a write that failed to which the main item, as it is now, does not refer."""
        if not parts:
            return
        try:
            stored = self._store.get(thing.key, entity=thing.name, consistent=True)
        except DataLayerError as failure:
            logger.warning("text parts were left behind: %s", failure)
            return
        kept = [] if stored is None else all_part_keys(thing, stored)
        self._remove_parts([key for key in map(key_of, parts) if key not in kept])

    def _carried_out(self, thing: Thing, main: WireItem, parts: Sequence[WireItem]) -> bool:
        """As `_is_stored`, for a write in doubt. Raises `OutcomeUnknown` if nobody can tell."""
        try:
            return self._is_stored(thing, main, parts)
        except DataLayerError as failure:
            raise OutcomeUnknown(
                f"whether the {thing.name} was written cannot be read: {failure}"
            ) from failure

    def _is_stored(self, thing: Thing, main: WireItem, parts: Sequence[WireItem]) -> bool:
        """Whether a main item, with parts that no other writer made, is what the table holds."""
        stored = self._store.get(key_of(main), entity=thing.name, consistent=True)
        if stored is None or not parts:
            return stored == main
        kept = all_part_keys(thing, stored)
        return any(key_of(part) in kept for part in parts)

    def _create(self, thing: Thing, record: Record) -> Record:
        """Stores a new thing and returns it as it is stored. Raises `Duplicate`, also for a taken id."""
        items = stamped(thing.build(record))
        actions: list[Action] = [Put(items.main, absent())]
        actions += [Put(guard, absent()) for guard in items.guards]
        actions += [Put(entry) for entry in items.entries]
        actions += thing.also(None, record)
        try:
            self._commit(thing, actions, record, main=items.main, parts=items.parts)
        except VersionMoved as moved:
            name = thing.codec.entity.fields[0].name
            raise Duplicate(name, record[name]) from moved.__cause__
        return decoded(thing, items)

    def _change(
        self,
        thing: Thing,
        changes: Mapping[str, Any],
        *,
        expected_version: int | None,
        allowed: Callable[[Record], bool] = _anybody,
        **rest: Any,
    ) -> Record:
        """Changes a thing that has a version, with everything derived from it, and returns it whole.

        Without `expected_version` a change that met another one is done again on what is there now.
        `rest` holds fields that change whenever another does. Raises `NotFound`, also if the stored record
        is not `allowed`, `ConditionFailed` and `Duplicate`.
        """
        for _ in range(_CHANGE_ATTEMPTS):
            item = self._store.get(thing.key, entity=thing.name, consistent=True)
            known = None if item is None else self._known(thing, item)
            if item is None or known is None or not allowed(known):
                raise _not_found(thing)
            if expected_version is not None and known["version"] != expected_version:
                raise self._moved(thing, expected_version, known)
            try:
                main = self._rewrite(thing, item, known, {**changes, **rest})
            except VersionMoved:
                continue
            parts = self._parts([(thing.owner, main)], thing.codec)[0]
            if parts is not None:
                return thing.codec.decode(main, parts)
            stored = self._read(thing.codec, thing.key, thing.owner, consistent=True)
            if stored is not None:
                return stored
        raise ConditionFailed(f"the {thing.name} kept being changed by others")

    def _rewrite(self, thing: Thing, item: WireItem, known: Record, changes: Mapping[str, Any]) -> WireItem:
        """Changes a thing whose item was read, with everything derived from it; returns the item as it is now.

        Raises `VersionMoved` if it is not any more as it was read, and `Duplicate`.
        """
        fresh = {**changes, "version": known["version"] + 1}
        old, new = rebuilt(thing, item, known, fresh)
        actions = moves(old, new, equals("v", item["v"]))
        actions += thing.also(known, {**known, **fresh})
        self._commit(thing, actions, {**known, **fresh}, main=new.main, parts=new.parts)
        kept = all_part_keys(thing, new.main)
        self._remove_parts([key for key in all_part_keys(thing, item) if key not in kept])
        return new.main

    def _known(self, thing: Thing, item: WireItem) -> Record:
        """The fields of an item that its other items are derived from; other external texts are left out."""
        parts = self._parts([(thing.owner, item)], thing.codec, consistent=True, only=thing.needed)[0]
        if parts is None:
            raise Corrupt(f"a part of a large text of a {thing.name} is missing")
        return thing.codec.decode(item, parts)

    def _moved(self, thing: Thing, expected: int, stored: Record) -> ConditionFailed:
        return ConditionFailed(
            f"the {thing.name} has version {stored['version']}, not {expected}: somebody changed it",
            item=stored,
        )

    def _delete(self, thing: Thing, *, allowed: Callable[[Record], bool] = _anybody) -> None:
        """Removes a thing with everything derived from it. Raises `NotFound`, also if it is not allowed."""
        tried: WireItem | None = None
        for _ in range(_CHANGE_ATTEMPTS):
            item = self._store.get(thing.key, entity=thing.name, consistent=True)
            if item is None and tried is not None:
                self._remove_parts(all_part_keys(thing, tried))
                return
            known = None if item is None else self._known(thing, item)
            if item is None or known is None or not allowed(known):
                raise _not_found(thing)
            items = thing.build(filled(thing, known))
            actions: list[Action] = [Delete(thing.key, equals("v", item["v"]))]
            actions += [Delete(key_of(guard), held(guard)) for guard in items.guards]
            actions += [Delete(key_of(entry)) for entry in items.entries]
            actions += thing.also(known, None)
            try:
                self._commit(thing, actions, known)
            except VersionMoved as moved:
                tried = item if moved.in_doubt else None
                continue
            self._remove_parts(all_part_keys(thing, item))
            return
        raise ConditionFailed(f"the {thing.name} kept being changed by others")


def _not_found(thing: Thing) -> NotFound:
    return NotFound(f"there is no {thing.name} {thing.key[0]!r}".replace("#", " "))


def _is_moved(failure: DataLayerError) -> bool:
    """Whether a write was refused because its main item, the first of its actions, was not as required."""
    if isinstance(failure, TransactionCancelled):
        return bool(failure.reasons) and failure.reasons[0][0] == _REFUSED
    return isinstance(failure, ConditionFailed)


def _explain(thing: Thing, actions: Sequence[Action], record: Record, failure: TransactionCancelled) -> None:
    """Raises `Duplicate` for the first guard that is taken; returns if there is none."""
    refused = [
        action for action, (reason, _) in zip(actions, failure.reasons, strict=False) if reason == _REFUSED
    ]
    for action in refused:
        if isinstance(action, Put):
            for beginning, field in thing.unique.items():
                if action.item[PK]["S"].startswith(beginning):
                    raise Duplicate(
                        field, record.get(field), code=failure.code, aws_message=failure.aws_message
                    ) from failure
