"""The connection to the legacy database: read-only, unbuffered, made again when it is lost.

PyMySQL's decoders are switched off: most values go to DynamoDB as the same text, and a zero
date or a tinyint of 127 must arrive unchanged.
"""

from __future__ import annotations

import sqlite3
import struct
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import Any, Self

import pymysql
from pymysql.constants import FIELD_TYPE
from pymysql.converters import conversions as pymysql_conversions
from pymysql.cursors import SSCursor

from config.databases import mysql_options
from config.environment import MySQLSource, Source, SQLiteSource
from migration.errors import MigrationError
from migration.mapping import Row
from migration.source.errors import can_continue, code_of, explain, may_come_back
from migration.source.values import conversions, decoded

RECONNECT_SECONDS = 120.0
SIGN_IN_SECONDS = 10.0
_READ_SECONDS = 600.0
_FAILURES = 5
_CONVERSIONS: Any = {kind: encode for kind, encode in pymysql_conversions.items() if isinstance(kind, type)}
# The one type that MySQL does not send as text.
_CONVERSIONS[FIELD_TYPE.BIT] = lambda data: b"%d" % int.from_bytes(data, "big")
# TIMESTAMP columns have the same value on every server. An empty sql_mode ends PAD_CHAR_TO_FULL_LENGTH, which would
# pad texts. A slow target pauses the connection for longer than a server's usual timeouts.
_SESSION = (
    "SET SESSION time_zone = '+00:00', sql_mode = '', sql_big_selects = 1, sql_select_limit = 18446744073709551615, "
    "net_write_timeout = 3600, wait_timeout = 86400",
    "SET SESSION TRANSACTION READ ONLY",
)
# The limit on the duration of a statement: MariaDB's name for it, and MySQL's.
_NO_LIMITS = ("SET SESSION max_statement_time = 0", "SET SESSION max_execution_time = 0")
# There is no such variable, the account may not set it, or nobody may.
_NOT_SET = frozenset({1193, 1227, 1229, 1231, 1238, 1621})


def open_mysql(source: MySQLSource, **options: Any) -> Any:
    """A connection of PyMySQL's with more of its options.

    Raises `pymysql.Error`, or `MigrationError` for an account or a server that it cannot talk to, and
    `ConfigurationError` for certificates that cannot be read.
    """
    try:
        return pymysql.connect(**mysql_options(source), **options)
    except RuntimeError as error:
        raise MigrationError(
            f"the account of {source} signs in by a plugin that is not supported ({error}): set MYSQL_USER to one "
            "that is IDENTIFIED VIA mysql_native_password or caching_sha2_password"
        ) from None
    except (pymysql.Error, AssertionError, LookupError, ValueError, struct.error) as error:
        if isinstance(error, pymysql.Error) and code_of(error) >= 0:
            raise
        raise MigrationError(
            f"what answers at {source} is not MySQL: correct MYSQL_HOST and MYSQL_PORT"
        ) from None


class SourceConnection:
    """One connection to the source; a context manager. Not thread-safe."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self._mysql: Any = None
        self._sqlite: sqlite3.Connection | None = None

    def __enter__(self) -> Self:
        if isinstance(self.source, SQLiteSource):
            self._open_sqlite(self.source)
        else:
            try:
                self._open_mysql(self.source)
            except pymysql.Error as error:
                if can_continue(error):
                    raise MigrationError(
                        f"{self.source} does not sign anybody in as MySQL does: start MySQL, or correct MYSQL_HOST and "
                        "MYSQL_PORT"
                    ) from None
                raise self._failure(error) from None
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes the connection and aborts a running query."""
        if self._sqlite is not None:
            self._sqlite.close()
        if self._mysql is not None:
            # Without this, the cursor's destructor reads the rest of an unbuffered result.
            if self._mysql._result is not None:
                self._mysql._result.unbuffered_active = False
            self._mysql._force_close()
        self._mysql = self._sqlite = None

    def _open_sqlite(self, source: SQLiteSource) -> None:
        if not source.path.is_file():
            raise MigrationError(
                f"the source {source} does not exist: create it with `make demo-source`, "
                "or set MYSQL_HOST for a MySQL source"
            )
        try:
            self._sqlite = sqlite3.connect(f"{source.path.as_uri()}?mode=ro", uri=True)
            self._sqlite.text_factory = bytes
            self._sqlite.execute("SELECT name FROM sqlite_master LIMIT 1").fetchall()
        except sqlite3.Error as error:
            raise MigrationError(f"the source {source} cannot be read: {error}") from None

    def _open_mysql(self, source: MySQLSource) -> None:
        """Connects and prepares the session. Raises `pymysql.Error`, or `MigrationError` for what no retry mends."""
        self._mysql = open_mysql(
            source, conv=_CONVERSIONS, use_unicode=False, autocommit=True, read_timeout=SIGN_IN_SECONDS,
            cursorclass=SSCursor,
        )  # fmt: skip
        self._mysql._read_timeout = (
            _READ_SECONDS  # a server may think for long about a query, not about a sign-in
        )
        with closing(self._mysql.cursor()) as cursor:
            for statement in _SESSION:
                cursor.execute(statement)
            for statement in _NO_LIMITS:
                try:
                    cursor.execute(statement)
                except pymysql.Error as error:
                    if code_of(error) not in _NOT_SET:
                        raise

    def _failure(self, error: pymysql.Error) -> MigrationError:
        return MigrationError(explain(error, self.source))

    def recover(self, error: pymysql.Error, failures: int) -> None:
        """Connects anew after an error that this mends; `failures` is the number of failures in a row.

        Waits up to two minutes for a server that restarts. Raises `MigrationError` for any other error, after five
        failures, and for a server that does not come back.
        """
        source = self.source
        if isinstance(source, SQLiteSource) or not can_continue(error) or failures > _FAILURES:
            raise self._failure(error) from None
        deadline, pause = time.monotonic() + RECONNECT_SECONDS, 0.2
        while True:
            self.close()
            try:
                self._open_mysql(source)
                return
            except pymysql.Error as refused:
                if not may_come_back(refused) or time.monotonic() + pause > deadline:
                    raise self._failure(refused) from None
            time.sleep(pause)
            pause = min(2 * pause, 5.0)

    def select(self, sql: str, values: Sequence[Any] = ()) -> Iterator[Row]:
        """The rows of a query, each value a text or None; none for a statement like SET. `%s` is a placeholder.

        Raises `pymysql.Error`: what was read is not read again.
        """
        if self._sqlite is not None:
            try:
                cursor = self._sqlite.execute(sql.replace("%s", "?"), values)
                yield from decoded(
                    [None if value is None else _text(value) for value in row] for row in cursor
                )
            except sqlite3.Error as error:
                raise MigrationError(f"the source {self.source} cannot be read: {error}") from None
            return
        cursor = self._mysql.cursor()
        cursor.execute(sql, values)
        zone = getattr(self.source, "time_zone", None)
        result = cursor._result
        # What the cursor's own iterator calls for each row, through three more functions.
        rows = iter(result._read_rowdata_packet_unbuffered, None)
        yield from decoded(rows, conversions(getattr(result, "fields", ()), zone))
        cursor.close()  # not after an error: it would read the rest of the result

    def query(self, sql: str, values: Sequence[Any] = ()) -> list[Row]:
        """All rows of a small query, asked again on a new connection when this one is lost.

        Raises `MigrationError` with a one-line message.
        """
        failures = 0
        while True:
            try:
                return list(self.select(sql, values))
            except pymysql.Error as error:
                failures += 1
                self.recover(error, failures)

    def refusal(self, sql: str) -> int:
        """The number of the error that a query of MySQL meets; 0 when it meets none."""
        try:
            list(self.select(sql))
        except pymysql.Error as error:
            return code_of(error)
        return 0


def _text(value: Any) -> bytes:
    """The bytes that MySQL would send for a value of SQLite."""
    if isinstance(value, bytes):
        return value
    return (repr(value) if isinstance(value, float) else str(value)).encode()
