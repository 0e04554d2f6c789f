"""Gathers a user's usage logs in the ledgers of their days, and counts what each day had in MySQL."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from api.dynamodb.codec import items
from api.dynamodb.codec.codec import epoch_seconds
from api.dynamodb.codec.item_size import WireItem
from api.dynamodb.schema.entities import USAGE_ACTIONS
from api.dynamodb.usage_limits.ledger import LEDGER_BYTES, moved_entry, moved_log
from migration import mapping
from migration.errors import BadRow
from migration.mapping import Record, Row
from migration.row_encoder import MigrationPolicy, RowEncoder, usage_log_items

# A user's ledgers are written after the user's last row. Beyond this size in all, logs become items of their own,
# so that a user with logs of any number of days takes no more memory.
_MOST_BYTES = 8_000_000


@dataclass
class _Day:
    """One ledger: its expiry, its entries, their bytes, the number of rows of the day and the id of the last one."""

    expires_at: int | None
    entries: list[str] = field(default_factory=list)
    bytes: int = 0
    rows: int = 0
    last_log: int = 0


@dataclass(frozen=True)
class Ledger:
    """A finished ledger, and what to write if the engine refuses it: the same logs as (id, item), and their counter."""

    item: WireItem
    last_log: int
    user_id: int
    action: str
    day: date
    count: int
    entries: tuple[str, ...]
    expires_at: int

    def apart(self) -> Iterator[tuple[int, WireItem]]:
        """(id of a row, item): each log as an item of its own, and the counter of the day."""
        for entry in self.entries:
            log = {**moved_log(entry, self.day), "user_id": self.user_id, "action": self.action}
            for item in usage_log_items(log, expires=True).all():
                yield log["log_id"], item
        count = self.count + len(self.entries)
        counter = items.usage_day_item(self.user_id, self.action, self.day, count, self.expires_at)
        yield self.last_log, counter


class UsageLedgers:
    """The ledgers of one user by action and local day. A user's rows must be consecutive.

    A ledger counts every row of its day, those that are dead letters or have expired too: that keeps what is left of
    today's limit in MySQL.
    """

    def __init__(self, policy: MigrationPolicy) -> None:
        self._zone = policy.time_zone
        self._as_of = epoch_seconds(policy.as_of)
        self._days: dict[tuple[str, date], _Day] = {}
        self._bytes = 0

    def count(self, row: Row) -> None:
        """Counts a row of usage_logs if its user, action and time are valid."""
        log_id, user_id, action, _, _, created_at = row
        if user_id is None or action not in USAGE_ACTIONS or created_at is None:
            return
        try:
            mapping.read_id(user_id)
            moment = mapping.read_time(created_at)
            if moment is None:
                return
            key = (action, moment.astimezone(self._zone).date())
        except (BadRow, OverflowError):
            return
        day = self._day(*key)
        day.rows += 1
        day.last_log = int(log_id or 0)

    def add(self, log: Record, encoder: RowEncoder) -> bool:
        """Adds a log to the ledger of its day; False if it has to be an item of its own.

        That is a log that is kept though it has expired, or that has no room. Its row must have been counted.
        """
        if encoder.has_expired(log):
            return False
        local_day = log["created_at"].astimezone(self._zone).date()
        day = self._days.get((log["action"], local_day))
        if day is None or day.expires_at is None:
            return False
        entry = moved_entry(log, local_day)
        size = len(entry.encode())
        if day.bytes + size > LEDGER_BYTES or self._bytes + size > _MOST_BYTES:
            return False
        day.entries.append(entry)
        day.bytes += size
        self._bytes += size
        return True

    def restore(self, action: str, day: date, entries: Iterable[str]) -> None:
        """Makes these the entries of a ledger, which the table has already."""
        self._day(action, day).entries = list(entries)

    def take(self, user_id: int) -> Iterator[Ledger]:
        """The ledgers of the user whose rows were counted; resets them. Expired ones are left out."""
        for (action, local_day), day in sorted(self._days.items(), key=lambda entry: entry[0]):
            expires_at = day.expires_at
            if expires_at is None or expires_at <= self._as_of:
                continue
            count = max(0, day.rows - len(day.entries))
            item = items.usage_day_item(user_id, action, local_day, count, expires_at, day.entries)
            yield Ledger(
                item, day.last_log, user_id, action, local_day, count, tuple(day.entries), expires_at
            )
        self._days.clear()
        self._bytes = 0

    def _day(self, action: str, local_day: date) -> _Day:
        day = self._days.get((action, local_day))
        if day is None:
            day = self._days[action, local_day] = _Day(ledger_expiry(local_day, self._zone))
        return day


def ledger_expiry(day: date, zone: ZoneInfo) -> int | None:
    """When the ledger of a local day expires, in epoch seconds; None for the last days of the calendar."""
    try:
        end = datetime.combine(day + timedelta(days=1), datetime.min.time(), tzinfo=zone)
        return items.usage_day_expiry(end.astimezone(UTC))
    except OverflowError:
        return None
