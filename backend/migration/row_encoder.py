"""Encodes source rows as items: conversion, uniqueness, expiry of usage logs, and their day counters."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from api.dynamodb.codec import items
from api.dynamodb.codec.codec import epoch_seconds
from api.dynamodb.codec.item_size import WireItem
from api.dynamodb.codec.items import ItemSet
from api.dynamodb.schema.email_rules import unseen_characters
from api.dynamodb.schema.entities import USAGE_ACTIONS
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
        record = self.reader.record(row)
        if self.step is USAGE:
            return self._usage(record)
        item_set = build_items(self.step, record)
        if self.step is USERS and (unseen := unseen_characters(record["email"] or "")):
            self.unseen.append((record["user_id"], record["email"], unseen))
        if self.step.unique and self._unique_keys is not None:
            self._unique_keys.claim(int(row[0] or 0), mapping.unique_keys(item_set))
        return item_set

    def _usage(self, record: Record) -> ItemSet | None:
        try:
            expired = items.expiry(record["created_at"]) <= self._as_of
        except OverflowError as error:
            raise BadRow(f"created_at: {error}") from None
        if expired and not self.policy.keep_expired:
            return None
        try:
            return items.usage_log_items(record, expires=not expired)
        except ValueError as error:
            raise BadRow(str(error)) from None


class DailyUsageCounter:
    """Counts one user's usage by action and local day, including dead-lettered and expired rows.

    The counters preserve what is left of today's limit in MySQL. A user's rows must be consecutive.
    """

    def __init__(self, policy: MigrationPolicy) -> None:
        self._policy = policy
        self._as_of = epoch_seconds(policy.as_of)
        self._counts: dict[tuple[str, date], int] = {}
        self._last_logs: dict[tuple[str, date], int] = {}

    def add(self, row: Row) -> None:
        """Counts a row of usage_logs if its user, action and time are valid."""
        log_id, user_id, action, _, _, created_at = row
        if user_id is None or action not in USAGE_ACTIONS or created_at is None:
            return
        try:
            mapping.read_id(user_id)
            moment = mapping.read_time(created_at)
            if moment is None:
                return
            day = moment.astimezone(self._policy.time_zone).date()
        except (BadRow, OverflowError):
            return
        key = (action, day)
        self._counts[key] = self._counts.get(key, 0) + 1
        self._last_logs[key] = int(log_id or 0)

    def take(self, user_id: int) -> Iterator[tuple[WireItem, int]]:
        """The counter items of the user whose rows were added, each with the id of its last log; resets the counter."""
        for (action, day), count in sorted(self._counts.items()):
            try:
                expires_at = items.usage_day_expiry(day_end(day, self._policy.time_zone))
            except OverflowError:
                continue
            if expires_at > self._as_of:
                item = items.usage_day_item(user_id, action, day, count, expires_at)
                yield item, self._last_logs[action, day]
        self._counts.clear()
        self._last_logs.clear()


def day_end(day: date, zone: ZoneInfo) -> datetime:
    """The end of a local day, in UTC."""
    return datetime.combine(day + timedelta(days=1), datetime.min.time(), tzinfo=zone).astimezone(UTC)
