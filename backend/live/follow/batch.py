"""Units of work, and the batch of those that changed since the last one was applied."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from api.dynamodb.schema.ids import MAX_ID
from live.source.changes import (
    COMMITTED,
    PREPARED,
    Commit,
    Event,
    Position,
    RowChange,
    SourceRefused,
    XaBegin,
)
from live.source.server import MARK_TABLE
from migration.mapping import HISTORY, STEPS, USAGE
from migration.source.values import utc_text

_LARGEST = 2**63


class Unit(NamedTuple):
    """What is built and written as a whole: the items of one row, or of one user's usage on one local day.

    `day` is the day's ordinal, 0 for a row. A row of usage logs has its text parts alone; its log is in its day.
    """

    step: str
    id: int
    day: int = 0


@dataclass
class Batch:
    """What changed: units, users whose runs changed, and the last mark that was read: (number, microseconds sent)."""

    units: set[Unit] = field(default_factory=set)
    users: set[int] = field(default_factory=set)
    mark: tuple[int, int] = (0, 0)

    def __len__(self) -> int:
        return len(self.units)

    def update(self, other: Batch) -> None:
        """Adds what another batch has."""
        self.units |= other.units
        self.users |= other.users


class DayOfLog:
    """The local day of a usage log by its time in an image of its row."""

    def __init__(self, zone: ZoneInfo, source_zone: ZoneInfo | None) -> None:
        """`source_zone` is the zone of the column, None for UTC."""
        self._zone, self._source_zone = zone, source_zone

    def __call__(self, text: str) -> date | None:
        """The local day of a time as text; None for what is no time."""
        if self._source_zone is not None:
            text = utc_text(text, self._source_zone)
        try:
            return datetime.fromisoformat(text).replace(tzinfo=UTC).astimezone(self._zone).date()
        except (ValueError, OverflowError):
            return None


class ChangeCollector:
    """Turns events of a source into batches, and knows up to where the log may be forgotten.

    Rows of an XA transaction come when it is prepared and change when it is committed: until then its units are kept
    here, and the position does not pass its beginning, so that they are read again after a restart.
    """

    def __init__(self, tables: Mapping[str, str], day_of_log: DayOfLog) -> None:
        """`tables` has the declared name of each table by its name on the server."""
        steps = {step.table: step.name for step in STEPS}
        self._steps = {name: steps[declared] for name, declared in tables.items() if declared in steps}
        self._usage = {name for name, declared in tables.items() if declared == USAGE.table}
        self._runs = {name for name, declared in tables.items() if declared == HISTORY.table}
        self._day_of_log = day_of_log
        self._preparing: tuple[Position, Batch] | None = None
        self._prepared: dict[str, tuple[Position, Batch]] = {}
        self.batch = Batch()
        self.position: Position | None = None
        self.commit_time = 0
        self.gtid = ""
        self.rows = 0

    def take(self) -> Batch:
        """The batch so far; a new one begins."""
        batch, self.batch = self.batch, Batch(mark=self.batch.mark)
        return batch

    @property
    def safe_position(self) -> Position | None:
        """Up to where everything is in batches that were taken or in `batch`: before any prepared XA transaction."""
        starts = [start for start, _ in self._prepared.values()]
        return min([self.position, *starts]) if self.position is not None else None

    @property
    def open_xa(self) -> list[str]:
        """The ids of XA transactions that are prepared."""
        return sorted(self._prepared)

    def add(self, event: Event) -> None:
        """Adds an event. Raises `SourceRefused` for a row that cannot be named."""
        if isinstance(event, RowChange):
            self.rows += 1
            self._add_row(event)
        elif isinstance(event, XaBegin):
            self._preparing = (event.start, Batch())
        elif isinstance(event, Commit):
            self._end(event)

    def _add_row(self, change: RowChange) -> None:
        if change.table == MARK_TABLE:
            number, sent = change.groups[-1]
            self.batch.mark = (int(number or 0), int(sent or 0))
            return
        step = self._steps[change.table]
        touched = Batch()
        for row_id in (change.row_id, change.former_id):
            if row_id is not None:
                if not -_LARGEST <= row_id < _LARGEST:
                    raise SourceRefused(
                        f"{change.table} has the id {row_id}, which is beyond 2^63: no such row can be moved"
                    )
                touched.units.add(Unit(step, row_id))
        if change.table in self._usage:
            for user_id, created_at in change.groups:
                day = self._day_of_log(created_at) if isinstance(created_at, str) else None
                if day is not None and isinstance(user_id, int) and 0 <= user_id <= MAX_ID:
                    touched.units.add(Unit(step, user_id, day.toordinal()))
        elif change.table in self._runs:
            touched.users.update(user for (user,) in change.groups if isinstance(user, int) and user >= 0)
        # A row that is only being prepared is read now as well: that is harmless, and it is short.
        self.batch.update(touched)
        if self._preparing is not None:
            self._preparing[1].update(touched)

    def _end(self, commit: Commit) -> None:
        self.position, self.commit_time, self.gtid = commit.position, commit.time, commit.gtid
        if commit.outcome == PREPARED and self._preparing is not None:
            self._prepared[commit.xa] = self._preparing
        else:
            finished = self._prepared.pop(commit.xa, None)
            if finished is not None and commit.outcome == COMMITTED:
                self.batch.update(finished[1])
        self._preparing = None
