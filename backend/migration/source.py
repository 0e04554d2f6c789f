"""Reads the legacy database as it stands: by keyset, unbuffered, read-only, values as the texts MySQL sends.

PyMySQL's decoders are switched off: most values go into DynamoDB as the same text, and a
zero date or a tinyint of 127 must be seen as it is. The session's time zone is UTC, so
that TIMESTAMP columns mean the same everywhere.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import Any

import pymysql
from pymysql.constants import FIELD_TYPE
from pymysql.converters import conversions
from pymysql.cursors import SSCursor

from config.environment import Source, SQLiteSource
from migration.errors import MigrationError
from migration.mapping import ACCEPTED_TYPES, NULL_KEY, Row, Step

PAGE_ROWS = 5_000
_RECONNECTS = 5
_CONVERSIONS: Any = {kind: encode for kind, encode in conversions.items() if isinstance(kind, type)}
# The one type that MySQL does not send as text.
_CONVERSIONS[FIELD_TYPE.BIT] = lambda data: str(int.from_bytes(data, "big"))
# CR_SERVER_GONE_ERROR, CR_SERVER_LOST, and the server's own shutdown and kill notices.
_LOST = {2006, 2013, 1053, 1077, 1927, 3169}


class LegacyDatabase:
    """One connection to the source. Use as a context manager; not for several threads."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self._mysql: Any = None
        self._sqlite: sqlite3.Connection | None = None

    def __enter__(self) -> LegacyDatabase:
        self._connect()
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes the connection; a query in flight is cut off."""
        if self._sqlite is not None:
            self._sqlite.close()
        if self._mysql is not None:
            # A half-read answer need not be read to its end, nor by the cursor when it is collected.
            if self._mysql._result is not None:
                self._mysql._result.unbuffered_active = False
            self._mysql._force_close()
        self._mysql = self._sqlite = None

    def _connect(self) -> None:
        if isinstance(self.source, SQLiteSource):
            if not self.source.path.is_file():
                raise MigrationError(
                    f"the source {self.source} does not exist: make it with `make demo-source`, "
                    "or set MYSQL_HOST for a MySQL source"
                )
            try:
                self._sqlite = sqlite3.connect(f"{self.source.path.as_uri()}?mode=ro", uri=True)
                self._sqlite.execute("SELECT name FROM sqlite_master LIMIT 1").fetchall()
            except sqlite3.Error as error:
                raise MigrationError(f"the source {self.source} cannot be read: {error}") from None
            return
        source = self.source
        try:
            self._mysql = pymysql.connect(
                host=source.host, port=source.port, user=source.user, password=source.password,
                database=source.database, charset="utf8mb4", conv=_CONVERSIONS, autocommit=True,
                connect_timeout=10, read_timeout=600, cursorclass=SSCursor,
            )  # fmt: skip
            with closing(self._mysql.cursor()) as cursor:
                cursor.execute("SET SESSION time_zone = '+00:00'")
                cursor.execute("SET SESSION TRANSACTION READ ONLY")
                cursor.execute("SET SESSION net_write_timeout = 3600")
        except pymysql.Error as error:
            raise MigrationError(explain(error, source)) from None

    def _failure(self, error: pymysql.Error) -> MigrationError:
        return MigrationError(explain(error, self.source))

    def rows(self, step: Step, after: tuple[int, ...] | None, until: tuple[int, ...]) -> Iterator[Row]:
        """The step's rows in key order, from behind `after` to `until`, both keys in `step.order_by`'s columns.

        Read in pages of 5,000 by keyset and unbuffered, so that memory does not grow with the
        table; a connection that is lost is made anew and reading goes on behind the last row.
        """
        failures = 0
        last = after
        while True:
            count = 0
            try:
                for row in self._page(step, last, until):
                    yield row
                    count += 1
                    last = step.key(row)
            except pymysql.Error as error:
                failures = 1 if count else failures + 1
                lost = bool(error.args) and error.args[0] in _LOST
                if not lost or failures > _RECONNECTS:
                    raise self._failure(error) from None
                self._reconnect()
                continue
            failures = 0
            if count == 0 or last is None or (count < PAGE_ROWS and not self._more(step, last, until)):
                return

    def _reconnect(self) -> None:
        """Connects anew, with pauses. Raises `MigrationError` when the server stays away."""
        for attempt in range(1, _RECONNECTS + 1):
            self.close()
            time.sleep(min(0.2 * 2**attempt, 5))
            try:
                self._connect()
                return
            except MigrationError:
                if attempt == _RECONNECTS:
                    raise

    def _more(self, step: Step, last: tuple[int, ...], until: tuple[int, ...]) -> bool:
        """A page of a two-column key ends at its first column's end as well, so a short page is not the end."""
        return len(step.order_by) > 1 and last < until

    def _page(self, step: Step, after: tuple[int, ...] | None, until: tuple[int, ...]) -> Iterator[Row]:
        columns = ", ".join(f"`{name}`" for name in step.column_names)
        first = step.order_by[0]
        if len(step.order_by) == 1:
            where, values = f"`{first}` <= %s", [until[0]]
            if after is not None:
                where, values = f"`{first}` > %s AND {where}", [after[0], *values]
            return self.select(
                f"SELECT {columns} FROM `{step.table}` WHERE {where} ORDER BY `{first}` LIMIT {PAGE_ROWS}",
                values,
            )
        return self._page_of_two(step, columns, after, until)

    def _page_of_two(
        self, step: Step, columns: str, after: tuple[int, ...] | None, until: tuple[int, ...]
    ) -> Iterator[Row]:
        """First the rest of the group that `after` stands in, then the groups behind it: two plain range scans.

        The group of NULL comes first; it is the one that reading begins with.
        """
        first, second = step.order_by
        select = f"SELECT {columns} FROM `{step.table}` WHERE"
        end = f"ORDER BY `{first}`, `{second}` LIMIT {PAGE_ROWS}"
        group, at = after or (NULL_KEY, NULL_KEY)
        if group == NULL_KEY:
            rest = self.select(f"{select} `{first}` IS NULL AND `{second}` > %s {end}", [at])
            behind = self.select(f"{select} `{first}` <= %s {end}", [until[0]])
        else:
            rest = self.select(f"{select} `{first}` = %s AND `{second}` > %s {end}", [group, at])
            behind = self.select(f"{select} `{first}` > %s AND `{first}` <= %s {end}", [group, until[0]])
        found = False
        for row in rest:
            found = True
            yield row
        if not found:
            yield from behind

    def select(self, sql: str, values: Sequence[Any] = ()) -> Iterator[Row]:
        """Rows of a query as tuples of texts and None; `%s` stands for a value."""
        if self._sqlite is not None:
            try:
                for row in self._sqlite.execute(sql.replace("%s", "?"), values):
                    yield [None if value is None else _text(value) for value in row]
            except sqlite3.Error as error:
                raise MigrationError(f"the source {self.source} cannot be read: {error}") from None
            return
        cursor = self._mysql.cursor()
        cursor.execute(sql, values)
        yield from cursor.fetchall_unbuffered()
        cursor.close()

    def count(self, step: Step) -> int:
        """Number of rows of the step's table."""
        ((number,),) = self.query(f"SELECT COUNT(*) FROM `{step.table}`")
        return int(number or 0)

    def last_key(self, step: Step) -> tuple[int, ...] | None:
        """The greatest key of the step's table, None when it is empty."""
        columns = ", ".join(f"`{name}`" for name in step.order_by)
        order = ", ".join(f"`{name}` DESC" for name in step.order_by)
        found = self.query(f"SELECT {columns} FROM `{step.table}` ORDER BY {order} LIMIT 1")
        return tuple(NULL_KEY if value is None else int(value) for value in found[0]) if found else None

    def row(self, step: Step, row_id: int) -> Row | None:
        """One row by id, None when it is not there."""
        columns = ", ".join(f"`{name}`" for name in step.column_names)
        found = self.query(f"SELECT {columns} FROM `{step.table}` WHERE `id` = %s", [row_id])
        return found[0] if found else None

    def query(self, sql: str, values: Sequence[Any] = ()) -> list[Row]:
        """All rows of a small query. Raises `MigrationError` in one line."""
        try:
            return list(self.select(sql, values))
        except pymysql.Error as error:
            raise self._failure(error) from None

    def columns(self, table: str) -> dict[str, str]:
        """Type names by column of a table, in lower case without lengths; empty when there is no such table."""
        if self._sqlite is not None:
            found = self.query(f"PRAGMA table_info(`{table}`)")
            return {str(row[1]): str(row[2]).lower().split("(")[0].split(" ")[0] for row in found}
        found = self.query(
            "SELECT column_name, data_type FROM information_schema.columns "
            "WHERE table_schema = DATABASE() AND table_name = %s ORDER BY ordinal_position",
            [table],
        )
        return {str(name): str(kind).lower() for name, kind in found}


def _text(value: Any) -> str:
    """SQLite's typed values as the texts that MySQL would send."""
    return repr(value) if isinstance(value, float) else str(value)


def explain(error: pymysql.Error, source: Source) -> str:
    """One line for an error of MySQL, with the next step and never a password."""
    code = error.args[0] if error.args else 0
    if code in (2003, 2005):
        return f"nothing answers at {source}: start MySQL, or correct MYSQL_HOST and MYSQL_PORT"
    if code in (1044, 1045, 1698):
        return f"MySQL refused the user at {source}: check MYSQL_USER, MYSQL_PASSWORD and their grants"
    if code == 1049:
        return f"there is no such database: {source}: set MYSQL_DATABASE"
    if code in (1142, 1143):
        return f"the user may not read {source}: GRANT SELECT on the database to it"
    if code in _LOST:
        return f"the connection to {source} was lost: run the command again, it goes on where it was"
    detail = str(error.args[1] if len(error.args) > 1 else error).splitlines()[0]
    return f"MySQL at {source} says: {detail}"


def check_schema(
    database: LegacyDatabase, steps: Sequence[Step], ignored: frozenset[str] = frozenset()
) -> None:
    """Checks that every column that is needed is there with a type that can be read, and that none would be lost.

    `ignored` names columns (`table.column`) that need not be moved. Raises `MigrationError` with the
    first difference.
    """
    for step in steps:
        found = database.columns(step.table)
        if not found:
            raise MigrationError(
                f"the source {database.source} has no table {step.table}: "
                "name the right database with MYSQL_DATABASE (or LEGACY_SQLITE)"
            )
        for column in step.columns:
            kind = found.pop(column.name, None)
            if kind is None:
                raise MigrationError(
                    f"the source's table {step.table} has no column {column.name}: it is not AlgoItny's schema; "
                    "compare it with backend/legacy/models.py"
                )
            if kind not in ACCEPTED_TYPES[column.read]:
                raise MigrationError(
                    f"{step.table}.{column.name} is of type {kind}, which cannot be read as {column.read}: "
                    "compare it with backend/legacy/models.py"
                )
        for name in found:
            if f"{step.table}.{name}" not in ignored:
                raise MigrationError(
                    f"the source's column {step.table}.{name} is not declared and would be lost: "
                    f"leave it behind on purpose with --ignore-column {step.table}.{name}"
                )
