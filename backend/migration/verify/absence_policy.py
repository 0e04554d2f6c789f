"""The rules by which a row may be absent from the table: expiry, the time of the migration, and dead letters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from migration.verify.row_ids import RowIds

RETENTION_SECONDS = 90 * 86_400
_LAST_SECOND = 253_402_300_799  # 9999-12-31T23:59:59Z, the latest time
_NO_ROWS = RowIds()
_MAX_CACHED_DAYS = 20_000


@dataclass
class AbsencePolicy:
    """The rules by which a row may be absent. `now` and `as_of` are epoch seconds.

    `dead` has the ids of dead-lettered rows by step. Without `keep_expired`, usage logs that have
    expired by `now` may be absent; with it, those that had expired by `as_of`, the start of the
    migration, must be present and have no TTL.
    """

    now: int
    as_of: int
    keep_expired: bool
    time_zone: ZoneInfo
    dead: Mapping[str, RowIds] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._cut = (self.now - RETENTION_SECONDS + 1) * 1_000_000
        self._keep_cut = (self.as_of - RETENTION_SECONDS + 1) * 1_000_000
        self._days: dict[str, int] = {}

    def dead_rows(self, step: str) -> RowIds:
        """The ids of the step's rows that are in the dead-letter file."""
        return self.dead.get(step, _NO_ROWS)

    def may_be_gone(self, created_us: int) -> bool:
        """Whether TTL may have removed, or the migration skipped, a usage log of this time in microseconds."""
        if created_us >= self._cut:
            return False
        return not (self.keep_expired and created_us < self._keep_cut)

    def with_expired(self) -> AbsencePolicy:
        """The same policy, under which nothing has expired: for what is still in the table."""
        return replace(self, now=-_LAST_SECOND)

    def log_ttl(self, created_us: int) -> int | None:
        """The TTL that a usage log must have, in epoch seconds; None for none."""
        if self.keep_expired and created_us < self._keep_cut:
            return None
        return created_us // 1_000_000 + RETENTION_SECONDS

    def day_ttl(self, day: str) -> int:
        """The TTL of a local day's counter: the day's end plus 90 days. Raises ValueError for an invalid day.

        It is 0 for the last days of the calendar, which have no counter.
        """
        ttl = self._days.get(day)
        if ttl is None:
            if len(self._days) >= _MAX_CACHED_DAYS:
                self._days.clear()
            ttl = self._days[day] = self._day_ttl(date.fromisoformat(day))
        return ttl

    def _day_ttl(self, day: date) -> int:
        try:
            next_day = day + timedelta(days=1)
            end = datetime(next_day.year, next_day.month, next_day.day, tzinfo=self.time_zone)
            seconds = int(end.astimezone(UTC).timestamp()) + RETENTION_SECONDS
        except OverflowError:
            return 0
        return seconds if seconds <= _LAST_SECOND else 0
