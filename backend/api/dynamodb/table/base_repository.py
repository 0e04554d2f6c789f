"""The base of all repositories: reading records with large texts, and writing aggregates."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from api.dynamodb.clock import utc_now
from api.dynamodb.codec.codec import Codec, Record
from api.dynamodb.codec.item_size import WireItem, is_same_item
from api.dynamodb.errors import (
    ConditionFailed,
    Corrupt,
    DataLayerError,
    Duplicate,
    NotFound,
    OutcomeUnknown,
    Throttled,
)
from api.dynamodb.schema import ids
from api.dynamodb.table.aggregate import (
    Aggregate,
    Parts,
    all_part_keys,
    change_actions,
    decode_items,
    guard_is_available,
    has_version_of,
    part_keys,
    rebuild_items,
    refers_to_parts,
    replaced_parts,
    stamp_parts,
    with_empty_texts,
)
from api.dynamodb.table.audit_entries import AuditLog
from api.dynamodb.table.expressions import absent
from api.dynamodb.table.list_partitions import ListPartitions
from api.dynamodb.table.pending_parts import Note, PendingParts
from api.dynamodb.table.read_paths import DEFAULT_READS, Reads
from api.dynamodb.table.store import Store
from api.dynamodb.table.write_actions import Delete, Key, Put, Update, WriteAction, key_of
from api.dynamodb.table.write_failures import VersionConflict, is_version_conflict, raise_duplicate
from api.dynamodb.table.write_permit import shared_permit
from api.dynamodb.transport.factory import DynamoDBTransport, transport_for
from config.environment import environment

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

logger = logging.getLogger(__name__)

_READ_ATTEMPTS = 3
_CHANGE_ATTEMPTS = 4
_NEW_ID_ATTEMPTS = 3


def _anyone(record: Record) -> bool:
    return True


def _store(calls: DynamoDBTransport, table_name: str) -> Store:
    """The store of a table. While it is moved live, it asks before each write whether the service may."""
    permit = shared_permit(calls.send, table_name) if environment().live_move else None
    return Store(calls, table_name, permit=permit)


class BaseRepository:
    """A repository over one table.

    table: boto3's Table resource (`DynamoDBClient.get_table()`); by default the configured table, for which
    boto3 is not loaded.
    now: returns the present moment as an aware datetime; tests replace it.
    reads: chooses the strategies of read paths.

    Creating a repository makes no call. Safe to share between threads.
    """

    def __init__(
        self,
        table: Table | None = None,
        *,
        now: Callable[[], datetime] = utc_now,
        reads: Reads = DEFAULT_READS,
    ) -> None:
        self._store = _store(transport_for(table), environment().table_name if table is None else table.name)
        self._endpoint = environment().target if table is None else table.meta.client.meta.endpoint_url
        self._now = now
        self._reads = reads
        self._lists = ListPartitions(self._store)
        self._pending_parts = PendingParts(self._store, now)
        self._audit_log = AuditLog(self._store, self._endpoint, now)

    @property
    def seconds(self) -> float:
        """How long one call may take, in seconds; infinity if its transport has no deadline."""
        return self._store.seconds

    # Reading

    def _read(self, codec: Codec, key: Key, owner: str, *, consistent: bool = False) -> Record | None:
        """The complete record, or None.

        A text that is replaced while it is read is read again. Raises `Corrupt` if a part stays missing.
        """
        for _ in range(_READ_ATTEMPTS):
            item = self._store.get(key, entity=codec.entity.name, consistent=consistent)
            if item is None:
                return None
            if not refers_to_parts(codec, item):
                return codec.decode(item)
            parts = self._read_parts([(owner, item)], codec, consistent=consistent)[0]
            if parts is not None:
                return codec.decode(item, parts)
            consistent = True
        raise Corrupt(f"a part of a large text of a {codec.entity.name} is missing")

    def _read_parts(
        self,
        owners_and_items: Sequence[tuple[str, WireItem]],
        codec: Codec,
        *,
        consistent: bool = False,
        fields: Iterable[str] | None = None,
    ) -> list[Parts | None]:
        """The text parts of each item, in order; None for an item of which a part is missing."""
        keys_of_items = [part_keys(codec, item, owner, fields) for owner, item in owners_and_items]
        all_keys = [key for by_attribute in keys_of_items for keys in by_attribute.values() for key in keys]
        items = self._store.batch_get(all_keys, entity="text_part", consistent=consistent) if all_keys else {}
        parts_of_items: list[Parts | None] = []
        for by_attribute in keys_of_items:
            parts: Parts = {short: [items.get(key) for key in keys] for short, keys in by_attribute.items()}
            parts_of_items.append(None if any(None in texts for texts in parts.values()) else parts)
        return parts_of_items

    def _read_texts(
        self, codec: Codec, owners_and_items: Sequence[tuple[str, WireItem]], *, consistent: bool = False
    ) -> list[Record]:
        """The complete records of items that were read; one that was removed meanwhile is left out."""
        records: list[Record] = []
        parts_of_items = self._read_parts(owners_and_items, codec, consistent=consistent)
        for (owner, item), parts in zip(owners_and_items, parts_of_items, strict=True):
            if parts is not None:
                records.append(codec.decode(item, parts))
            elif (record := self._read(codec, key_of(item), owner, consistent=True)) is not None:
                records.append(record)
        return records

    # Writing

    def _write_parts(self, items: Iterable[WireItem], *, entity: str = "text_part") -> None:
        unwritten = self._store.batch_write(puts=items, entity=entity)
        if unwritten:
            raise Throttled(f"{len(unwritten)} items could not be written")

    def _remove_parts(self, keys: Sequence[Key]) -> None:
        """Removes parts that nothing refers to any more. A failure only wastes storage, so it is logged."""
        if not keys:
            return
        try:
            remaining = self._store.batch_write(deletes=keys, entity="text_part")
        except DataLayerError as failure:
            logger.warning("text parts were left behind: %s", failure)
        else:
            if remaining:
                logger.warning("%d text parts were left behind", len(remaining))

    def _commit(
        self,
        aggregate: Aggregate,
        actions: Sequence[WriteAction],
        record: Record,
        *,
        main: WireItem | None = None,
        parts: Sequence[WireItem] = (),
        unused_parts: Sequence[Key] = (),
    ) -> None:
        """Writes new text parts, executes all actions as one write, and removes the parts that are unused then.

        The main item's action is the first. `main` is the main item after the write, None for a deletion; `record`
        gives the values for `Duplicate`. Parts of both kinds are noted meanwhile (see `pending_parts`).

        Raises `Duplicate` for a guard that belongs to another aggregate, `VersionConflict` if the main item's
        condition fails, and `OutcomeUnknown`. After any other failure the new parts are removed again.
        """
        written = removed = None
        actions = list(actions)
        if unused_parts:
            removed, note = self._pending_parts.noted(aggregate, record, unused_parts)
            actions.append(note)
        try:
            if parts:
                written, end = self._pending_parts.write(aggregate, record, list(map(key_of, parts)))
                actions.append(end)
                self._write_parts(parts)
            self._execute(actions, entity=aggregate.name)
        except OutcomeUnknown:
            raise
        except DataLayerError as failure:
            conflict = is_version_conflict(failure)
            # The condition also fails when an earlier attempt of this write, whose response was lost, succeeded.
            if conflict and failure.in_doubt and main and self._was_written(aggregate, main, parts):
                return
            if written is not None:
                self._discard_parts(aggregate, written)
            if conflict:
                raise VersionConflict(failure.in_doubt) from failure
            raise_duplicate(aggregate, actions, record, failure)
            raise
        if removed is not None:
            self._pending_parts.remove(removed)

    def _execute(self, actions: Sequence[WriteAction], *, entity: str) -> None:
        """One action is a plain write, which costs half of a transaction; several are a transaction."""
        match actions:
            case [Update(key, changes, condition)]:
                self._store.update(key, changes, entity=entity, condition=condition)
            case [Put(item, condition)]:
                self._store.put(item, entity=entity, condition=condition)
            case [Delete(key, condition)]:
                self._store.delete(key, entity=entity, condition=condition)
            case _:
                self._store.transact_write(actions, entity=entity)

    def _discard_parts(self, aggregate: Aggregate, note: Note) -> None:
        """Removes the parts of a failed write to which the stored main item does not refer, and their note."""
        try:
            stored = self._store.get(aggregate.key, entity=aggregate.name, consistent=True)
        except DataLayerError as failure:
            logger.warning("text parts were left behind: %s", failure)
            return
        in_use = [] if stored is None else all_part_keys(aggregate, stored)
        self._pending_parts.remove(Note(note.key, [key for key in note.parts if key not in in_use]))

    def _was_written(self, aggregate: Aggregate, main: WireItem, parts: Sequence[WireItem]) -> bool:
        """Whether the table holds this main item, with these parts, whose keys no other writer uses.

        Raises `OutcomeUnknown` if the table cannot be read.
        """
        try:
            stored = self._store.get(key_of(main), entity=aggregate.name, consistent=True)
        except DataLayerError as failure:
            raise OutcomeUnknown(
                f"whether the {aggregate.name} was written cannot be read: {failure}"
            ) from failure
        if stored is None:
            return False
        if not parts:
            return is_same_item(stored, main)
        in_use = all_part_keys(aggregate, stored)
        return any(key_of(part) in in_use for part in parts)

    def _create(self, aggregate: Aggregate, record: Record) -> Record:
        """Stores a new record and returns it as it is stored. Raises `Duplicate`, also for its id."""
        items = stamp_parts(aggregate.build(record))
        actions: list[WriteAction] = [Put(items.main, absent())]
        actions += [Put(guard, absent()) for guard in items.guards]
        actions += [Put(entry) for entry in items.entries]
        actions += aggregate.extra_actions(None, record)
        try:
            self._commit(aggregate, actions, record, main=items.main, parts=items.parts)
        except VersionConflict as conflict:
            id_field = aggregate.codec.entity.fields[0].name
            raise Duplicate(id_field, record[id_field]) from conflict.__cause__
        return decode_items(aggregate, items)

    def _create_with_id(
        self, id_field: str, record: Record, aggregate_of: Callable[[int], Aggregate]
    ) -> Record:
        """`_create` with the record's own id; if it has none, with a new id, and another one if that is taken."""
        has_id = id_field in record
        attempt = 0
        while True:
            if not has_id:
                record[id_field] = ids.new_id()
            try:
                return self._create(aggregate_of(record[id_field]), record)
            except OutcomeUnknown as unknown:
                unknown.record_id = record[id_field]
                raise
            except Duplicate as duplicate:
                attempt += 1
                if has_id or duplicate.field != id_field or attempt == _NEW_ID_ATTEMPTS:
                    raise

    def _change(
        self,
        aggregate: Aggregate,
        changes: Mapping[str, Any],
        *,
        expected_version: int | None,
        **derived_changes: Any,
    ) -> Record:
        """`_change_item`, and the complete record after it, with the texts in parts that did not change."""
        main = self._change_item(aggregate, changes, expected_version=expected_version, **derived_changes)
        parts = self._read_parts([(aggregate.owner, main)], aggregate.codec)[0]
        if parts is not None:
            return aggregate.codec.decode(main, parts)
        latest = self._read(aggregate.codec, aggregate.key, aggregate.owner, consistent=True)
        if latest is None:
            raise NotFound(f"the {aggregate.name} was deleted after it was changed")
        return latest

    def _change_item(
        self,
        aggregate: Aggregate,
        changes: Mapping[str, Any],
        *,
        expected_version: int | None,
        allowed: Callable[[Record], bool] = _anyone,
        **derived_changes: Any,
    ) -> WireItem:
        """Changes a record that has a version, with all items built from it, and returns the new main item.

        `derived_changes` are fields that change whenever another one does. Texts in parts are not read, except for
        `Aggregate.derived_from`. Without `expected_version` the change is repeated on the new state if another
        writer changed the record meanwhile. Raises `NotFound`, also for a record that is not `allowed`,
        `Duplicate`, and `ConditionFailed`, which is `in_doubt` if the other change may be an earlier attempt of
        this one.
        """
        in_doubt = False
        for _ in range(_CHANGE_ATTEMPTS):
            stored = self._store.get(aggregate.key, entity=aggregate.name, consistent=True)
            item, record = self._require(aggregate, stored, allowed)
            version = record[aggregate.version_field] or 0
            if expected_version is not None and version != expected_version:
                failure = ConditionFailed(
                    f"the {aggregate.name} has version {version}, not {expected_version}: "
                    "somebody changed it",
                    item=record,
                )
                failure.in_doubt = in_doubt
                raise failure
            try:
                return self._rewrite(aggregate, item, record, {**changes, **derived_changes})
            except VersionConflict as conflict:
                in_doubt = in_doubt or conflict.in_doubt
        raise ConditionFailed(f"the {aggregate.name} kept being changed by others")

    def _require(
        self, aggregate: Aggregate, item: WireItem | None, allowed: Callable[[Record], bool]
    ) -> tuple[WireItem, Record]:
        """The item and its fields. Raises `NotFound` for no item, and for a record that is not `allowed`."""
        if item is not None:
            record = self._decode_for_change(aggregate, item)
            # A problem without a version is what a move left of it: its statements.
            if record.get("version", 0) is not None and allowed(record):
                return item, record
        raise NotFound(f"there is no {aggregate.name} {aggregate.key[0]!r}".replace("#", " "))

    def _decode_for_change(self, aggregate: Aggregate, item: WireItem) -> Record:
        """The fields of a record, without the external texts from which no other item is built."""
        parts = self._read_parts(
            [(aggregate.owner, item)], aggregate.codec, consistent=True, fields=aggregate.derived_from
        )[0]
        if parts is None:
            raise Corrupt(f"a part of a large text of a {aggregate.name} is missing")
        return aggregate.codec.decode(item, parts)

    def _rewrite(
        self, aggregate: Aggregate, item: WireItem, record: Record, changes: Mapping[str, Any]
    ) -> WireItem:
        """Changes a record that was read, with all items built from it, and returns the new main item.

        Raises `VersionConflict` if it was changed since it was read, and `Duplicate`.
        """
        field = aggregate.version_field
        changes = {**changes, field: (record[field] or 0) + 1}
        after = {**record, **changes}
        old, new = rebuild_items(aggregate, item, record, changes)
        actions = change_actions(old, new, has_version_of(aggregate, item))
        actions += aggregate.extra_actions(record, after)
        self._commit(
            aggregate, actions, after, main=new.main, parts=new.parts,
            unused_parts=replaced_parts(aggregate, item, new.main),
        )  # fmt: skip
        return new.main

    def _delete(self, aggregate: Aggregate, *, allowed: Callable[[Record], bool] = _anyone) -> None:
        """Removes a record with all items built from it. Raises `NotFound`, also if it is not `allowed`."""
        # The item that an attempt without a response may have deleted.
        attempted: WireItem | None = None
        for _ in range(_CHANGE_ATTEMPTS):
            stored = self._store.get(aggregate.key, entity=aggregate.name, consistent=True)
            if stored is None and attempted is not None:
                self._remove_parts(all_part_keys(aggregate, attempted))
                return
            item, record = self._require(aggregate, stored, allowed)
            items = aggregate.stored_items(with_empty_texts(aggregate, record), item)
            actions: list[WriteAction] = [Delete(aggregate.key, has_version_of(aggregate, item))]
            actions += [Delete(key_of(guard), guard_is_available(guard)) for guard in items.guards]
            actions += [Delete(key_of(entry)) for entry in items.entries]
            actions += aggregate.extra_actions(record, None)
            try:
                self._commit(aggregate, actions, record, unused_parts=all_part_keys(aggregate, item))
            except VersionConflict as conflict:
                attempted = item if conflict.in_doubt else None
                continue
            return
        raise ConditionFailed(f"the {aggregate.name} kept being changed by others")
