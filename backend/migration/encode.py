"""From a source row to the items that stand for it: conversion, uniqueness, expiry policy, day counters."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from api.dynamodb import items
from api.dynamodb.codec import epoch_seconds
from api.dynamodb.entities import USAGE_ACTIONS
from api.dynamodb.item_size import WireItem
from api.dynamodb.items import ItemSet
from migration import mapping
from migration.errors import BadRow
from migration.mapping import USAGE, Record, Row, Step, build_items
from migration.uniqueness import KeyBook


@dataclass(frozen=True)
class Policy:
    """What a run has declared: the moment that decides what has expired, and what happens to it."""

    as_of: datetime
    keep_expired: bool
    time_zone: ZoneInfo


class StepEncoder:
    """Encodes the rows of one step, in order."""

    def __init__(self, step: Step, policy: Policy, book: KeyBook | None) -> None:
        self.step = step
        self.reader = mapping.Reader(step)
        self.policy = policy
        self._book = book
        self._as_of = epoch_seconds(policy.as_of)

    def encode(self, row: Row) -> ItemSet | None:
        """The row's items, None when the policy skips it. Raises `BadRow` with the reason."""
        record = self.reader.record(row)
        if self.step is USAGE:
            return self._usage(record)
        built = build_items(self.step, record)
        if self.step.unique and self._book is not None:
            self._book.claim(int(row[0] or 0), mapping.unique_keys(built))
        return built

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


class DayCounter:
    """Counts the uses of one user by action and local day, dead-lettered and expired rows included.

    The counters keep today's allowance as it was in MySQL. A user's rows come together.
    """

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._as_of = epoch_seconds(policy.as_of)
        self._counts: dict[tuple[str, date], int] = {}

    def add(self, row: Row) -> None:
        """Counts a row of usage_logs whose user, action and moment can be read."""
        _, user_id, action, _, _, created_at = row
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

    def take(self, user_id: int) -> Iterator[WireItem]:
        """The counters of the user whose rows were added, in order of action and day; forgets them."""
        for (action, day), count in sorted(self._counts.items()):
            try:
                expires_at = items.usage_day_expiry(day_end(day, self._policy.time_zone))
            except OverflowError:
                continue
            if expires_at > self._as_of:
                yield items.usage_day_item(user_id, action, day, count, expires_at)
        self._counts.clear()


def day_end(day: date, zone: ZoneInfo) -> datetime:
    """The first moment of the next local day, in UTC."""
    return datetime.combine(day + timedelta(days=1), datetime.min.time(), tzinfo=zone).astimezone(UTC)
