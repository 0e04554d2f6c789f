"""What a server says of itself and of its binlog: identity, position, settings, privileges; and the mark table.

The mark is the barrier: the binlog shows a transaction before the engine has committed it, so a row that is read at
once may be old. A write to a row of our own is committed behind everything that the binlog showed before it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import pymysql

from config.environment import MySQLSource
from live.source.changes import Position, SourceLost, SourceRefused, source_failure
from live.source.table_map import WatchedTable
from migration.mapping import HISTORY, STEPS, USAGE
from migration.source.connection import open_mysql
from migration.source.errors import code_of

MARK_TABLE = "cdc_mark"
_CREATE_MARK = (
    f"CREATE TABLE IF NOT EXISTS `{MARK_TABLE}` (id INT PRIMARY KEY, number BIGINT NOT NULL, sent BIGINT NOT NULL) "
    "ENGINE=InnoDB"
)
# The columns by which changes of a table are grouped: what is counted for a user and a day, or kept for a user.
GROUPS: Mapping[str, tuple[str, ...]] = {
    USAGE.table: ("user_id", "created_at"),
    HISTORY.table: ("user_id",),
    MARK_TABLE: ("number", "sent"),
}
# A question to the server is small, and the mark waits for the commits before it.
SOURCE_SECONDS = 30.0
_LOCK_SECONDS = 5
_DENIED = frozenset({1142, 1143, 1227})


@dataclass(frozen=True)
class ServerIdentity:
    """Who a server is. MariaDB has no UUID, so its name, port and id stand for it."""

    text: str
    is_mariadb: bool


class SourceServer:
    """A connection to the source for questions and for the mark; a context manager. Not thread-safe.

    Every method raises `SourceLost` when the connection ends, and `SourceRefused` for what the account may not do.
    """

    def __init__(self, source: MySQLSource) -> None:
        self._source = source
        self._connection: Any = None

    def __enter__(self) -> Self:
        try:
            self._connection = open_mysql(self._source, autocommit=True, read_timeout=SOURCE_SECONDS)
            self._run(f"SET SESSION innodb_lock_wait_timeout = {_LOCK_SECONDS}, time_zone = '+00:00'")
        except pymysql.Error as error:
            raise self._failure(error) from None
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(pymysql.Error):
            self._connection.close()

    def query(self, sql: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """The rows of a small query."""
        try:
            return self._run(sql, values)
        except pymysql.Error as error:
            raise self._failure(error) from None

    def variables(self, *names: str) -> dict[str, str]:
        """The server's global settings of these names, those that it has."""
        places = ", ".join(["%s"] * len(names))
        rows = self.query(f"SHOW GLOBAL VARIABLES WHERE Variable_name IN ({places})", names)
        return {str(name).lower(): str(value) for name, value in rows}

    def identity(self) -> ServerIdentity:
        """Who the server is. Two queries."""
        names = self.variables("server_uuid", "server_uid", "server_id", "hostname", "port", "version")
        is_mariadb = "mariadb" in names["version"].lower()
        ((database,),) = self.query("SELECT DATABASE()")
        first = names.get("server_uuid") or "/".join(
            names.get(name, "") for name in ("server_uid", "server_id", "hostname", "port")
        )
        return ServerIdentity(f"{first}/{database}", is_mariadb)

    def position(self) -> Position:
        """The present end of the binlog."""
        row = self.master_status()
        return Position(str(row[0]), int(row[1]))

    def master_status(self) -> tuple[Any, ...]:
        """The row of SHOW MASTER STATUS, or of its newer name. Raises `SourceRefused` without a binlog."""
        rows: list[tuple[Any, ...]] = []
        for statement in ("SHOW MASTER STATUS", "SHOW BINARY LOG STATUS"):
            try:
                rows = self._run(statement)
                break
            except pymysql.Error as error:
                if code_of(error) not in (1064, 1149):  # a server that knows only the other name
                    raise self._failure(error) from None
        if not rows:
            raise SourceRefused(
                f"{self._source} writes no binlog: set log_bin, binlog_format=ROW and server_id, and restart it"
            )
        return rows[0]

    def gtid_at(self, position: Position) -> str:
        """MariaDB's GTID at a position of its binlog, which no other server has there; empty where it has none."""
        ((gtid,),) = self.query("SELECT BINLOG_GTID_POS(%s, %s)", (position.file, position.offset))
        return str(gtid or "")

    def watched_tables(self) -> dict[str, WatchedTable]:
        """The moved tables and the mark table, by their names on the server, with their columns. Seven queries."""
        names = {str(name).lower(): str(name) for (name,) in self.query("SHOW TABLES")}
        tables = {}
        for declared in (*(step.table for step in STEPS), MARK_TABLE):
            name = names.get(declared, declared)
            rows = self.query(
                "SELECT column_name, column_type FROM information_schema.columns "
                "WHERE table_schema = DATABASE() AND table_name = %s ORDER BY ordinal_position",
                (name,),
            )
            columns = tuple((str(column).lower(), "unsigned" in str(kind).lower()) for column, kind in rows)
            tables[name] = WatchedTable(name, columns, groups=GROUPS.get(declared, ()))
        return tables

    def create_mark(self) -> None:
        """Creates the mark table with its row, unless it is there."""
        self.query(_CREATE_MARK)
        self.query(f"INSERT IGNORE INTO `{MARK_TABLE}` VALUES (1, 0, 0)")

    def drop_mark(self) -> None:
        """Removes the mark table."""
        self.query(f"DROP TABLE IF EXISTS `{MARK_TABLE}`")

    def mark(self, sent: int) -> int:
        """Writes the mark: the barrier. `sent` is this machine's time in microseconds. Returns the mark's number."""
        self.query(
            f"UPDATE `{MARK_TABLE}` SET number = LAST_INSERT_ID(number + 1), sent = %s WHERE id = 1", (sent,)
        )
        ((number,),) = self.query("SELECT LAST_INSERT_ID()")
        return int(number)

    def has_open_xa(self) -> bool:
        """Whether an XA transaction is prepared and not finished; its rows would never be shown again."""
        return bool(self.query("XA RECOVER"))

    def cascades(self) -> Iterator[str]:
        """Foreign keys among the moved tables that change children by themselves, as `table.constraint`."""
        rows = self.query(
            "SELECT table_name, constraint_name FROM information_schema.referential_constraints "
            "WHERE constraint_schema = DATABASE() AND (delete_rule IN ('CASCADE', 'SET NULL', 'SET DEFAULT') "
            "OR update_rule IN ('CASCADE', 'SET NULL', 'SET DEFAULT'))"
        )
        moved = {step.table for step in STEPS}
        yield from (f"{table}.{name}" for table, name in rows if str(table).lower() in moved)

    def binlog_filter(self) -> str:
        """Which setting leaves the database out of the binlog; empty for none."""
        row = self.master_status()
        for name, databases in zip(("binlog_do_db", "binlog_ignore_db"), row[2:4], strict=False):
            listed = [database for database in str(databases or "").split(",") if database]
            if listed and (self._source.database in listed) != (name == "binlog_do_db"):
                return f"{name} leaves {self._source.database} out of the binlog"
        return ""

    def _run(self, sql: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        with self._connection.cursor() as cursor:
            cursor.execute(sql, tuple(values) or None)
            return list(cursor.fetchall() or ())

    def _failure(self, error: pymysql.Error) -> SourceLost | SourceRefused:
        if code_of(error) in _DENIED:
            message = str(error.args[1] if len(error.args) > 1 else error)
            return SourceRefused(f"{self._source} refuses: {message}; see docs/live.md for the grants")
        if code_of(error) == 1205:
            return SourceRefused(f"the mark's row in {MARK_TABLE} is locked by another transaction: end that")
        if code_of(error) == 1146:
            return SourceRefused(
                f"{self._source} has no table {MARK_TABLE}: the live move was aborted, or make dynamodb-live-prepare "
                "has to run first"
            )
        return source_failure(error, self._source)
