"""Reads rows of the source as of one moment: a consistent snapshot that was begun behind the barrier."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from types import TracebackType
from typing import Self
from zoneinfo import ZoneInfo

import pymysql

from api.dynamodb.schema.entities import USAGE_ACTIONS
from live.source.changes import SourceLost, SourceRefused, source_failure
from live.source.server import MARK_TABLE
from migration.mapping import USAGE, MigrationStep, Row
from migration.source import LegacyDatabase

_IDS = 500
# A local day is read with a margin, because clocks are set back and forth; rows of other days are left out by caller.
_MARGIN = timedelta(hours=3)


class Snapshot:
    """One consistent snapshot; a context manager. Raises `SourceLost` when its connection ends."""

    def __init__(self, database: LegacyDatabase) -> None:
        self._database = database
        self._tables: dict[str, str] = {}

    def __enter__(self) -> Self:
        # Without this level there is no snapshot, whatever the server's default is.
        self._run("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        self._run("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(SourceLost, SourceRefused):
            self._run("ROLLBACK")

    def require(self, mark: int) -> None:
        """Raises `SourceRefused` unless the snapshot has this mark: rows are read where it was written. One query."""
        ((number,),) = self._run(f"SELECT number FROM `{MARK_TABLE}` WHERE id = 1")
        if int(number or 0) < mark:
            raise SourceRefused(
                "a row that was written a moment ago cannot be read: the source's address sends reads to another "
                "server, as proxies do with replicas. Point MYSQL_HOST at the server that is written to"
            )

    def rows(self, step: MigrationStep, ids: Iterable[int]) -> dict[int, Row]:
        """The rows of these ids that exist, by id. One query for each 500."""
        ordered_ids = sorted(ids)
        rows: dict[int, Row] = {}
        for start in range(0, len(ordered_ids), _IDS):
            chosen = ordered_ids[start : start + _IDS]
            places = ", ".join(["%s"] * len(chosen))
            for row in self._run(f"{self._select(step)} WHERE `id` IN ({places})", chosen):
                rows[int(row[0] or 0)] = row
        return rows

    def usage_of(self, user_id: int, day: date, zone: ZoneInfo) -> Iterator[Row]:
        """The usage logs of a user around a local day, by id. One query, by the index of user, action and time."""
        midnight = datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
        first, last = (
            self._database.source_time(USAGE.table, "created_at", moment)
            for moment in (_shifted(midnight, -_MARGIN), _shifted(midnight, timedelta(days=1) + _MARGIN))
        )
        actions = ", ".join(["%s"] * len(USAGE_ACTIONS))
        yield from self._run(
            f"{self._select(USAGE)} WHERE `user_id` = %s AND `action` IN ({actions}) "
            "AND `created_at` >= %s AND `created_at` <= %s ORDER BY `id`",
            [user_id, *USAGE_ACTIONS, first, last],
        )

    def _select(self, step: MigrationStep) -> str:
        columns = ", ".join(f"`{name}`" for name in step.column_names)
        return f"SELECT {columns} FROM {self._database.table(step.table)}"

    def _run(self, sql: str, values: Sequence[object] = ()) -> list[Row]:
        try:
            return list(self._database.select(sql, values))
        except pymysql.Error as error:
            raise source_failure(error, self._database.source) from None


def _shifted(moment: datetime, by: timedelta) -> datetime:
    try:
        return moment + by
    except OverflowError:
        return moment
