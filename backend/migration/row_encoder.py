"""Encodes source rows as items: conversion, uniqueness, expiry of usage logs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from api.dynamodb.codec import items
from api.dynamodb.codec.codec import epoch_seconds
from api.dynamodb.codec.items import ItemSet
from api.dynamodb.schema.email_rules import unseen_characters
from migration import mapping
from migration.errors import BadRow
from migration.mapping import USAGE, USERS, MigrationStep, Record, Row, build_items
from migration.unique_key_index import UniqueKeyIndex


@dataclass(frozen=True)
class MigrationPolicy:
    """The rules for usage logs: those that expired by `as_of` are skipped unless `keep_expired`."""

    as_of: datetime
    keep_expired: bool
    time_zone: ZoneInfo


class RowEncoder:
    """Encodes the rows of one step, in order.

    `unseen` has the users whose e-mail address is compared without characters in it that nobody sees: (id, address,
    characters such as `U+200B`).
    """

    def __init__(
        self, step: MigrationStep, policy: MigrationPolicy, unique_keys: UniqueKeyIndex | None
    ) -> None:
        self.step = step
        self.reader = mapping.RowReader(step)
        self.policy = policy
        self._unique_keys = unique_keys
        self._as_of = epoch_seconds(policy.as_of)
        self.unseen: list[tuple[int, str, list[str]]] = []

    def encode(self, row: Row) -> ItemSet | None:
        """The row's items; None for an expired row that is skipped. Raises `BadRow` with the reason."""
        record = self.record(row)
        return None if record is None else self.items(row, record)

    def record(self, row: Row) -> Record | None:
        """The row's record; None for an expired row that is skipped. Raises `BadRow` with the reason."""
        record = self.reader.record(row)
        if self.step is USAGE and self.has_expired(record) and not self.policy.keep_expired:
            return None
        return record

    def items(self, row: Row, record: Record) -> ItemSet:
        """The items of a row's record, a usage log as an item of its own. Raises `BadRow` with the reason."""
        if self.step is USAGE:
            return usage_log_items(record, expires=not self.has_expired(record))
        item_set = build_items(self.step, record)
        if self.step is USERS and (unseen := unseen_characters(record["email"] or "")):
            self.unseen.append((record["user_id"], record["email"], unseen))
        if self.step.unique and self._unique_keys is not None:
            self._unique_keys.claim(int(row[0] or 0), mapping.unique_keys(item_set))
        return item_set

    def has_expired(self, log: Record) -> bool:
        """Whether a usage log had expired when the day of the move began. Raises `BadRow` for one that never could."""
        try:
            return items.expiry(log["created_at"]) <= self._as_of
        except OverflowError as error:
            raise BadRow(f"created_at: {error}") from None


def usage_log_items(log: Record, *, expires: bool) -> ItemSet:
    """The items of a usage log that is an item of its own. Raises `BadRow` with the reason."""
    try:
        return items.usage_log_items(log, expires=expires)
    except ValueError as error:
        raise BadRow(str(error)) from None
