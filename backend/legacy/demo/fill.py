"""Writes demonstration rows to SQLite or an empty MySQL; never to a database that holds other data."""

from __future__ import annotations

import fcntl
import json
import os
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from legacy.demo.rows import demo_rows
from legacy.demo.schema import ALIAS, create_schema
from legacy.demo.size import COLUMNS, TABLES, DemoSize, Row

if TYPE_CHECKING:
    from pymysql.connections import Connection

_GENERATOR = 1  # increase it when the same parameters no longer give the same rows
_CHUNK = 500


class SeedingError(Exception):
    """The database cannot be filled; the message says why and what to do."""


@dataclass(frozen=True)
class TableFill:
    """Rows and bytes written to one table; texts count in UTF-8, a number as 8 bytes."""

    rows: int
    bytes: int


@dataclass(frozen=True)
class DemoInfo:
    """The parameters and the size of a filled demonstration."""

    seed: int
    as_of: datetime
    size: DemoSize
    generator: int
    tables: dict[str, TableFill]


def _bytes_of(row: Row) -> int:
    return sum(len(value.encode()) if isinstance(value, str) else 8 for value in row if value is not None)


class _CountingRows:
    """Iterates over rows and counts them and their bytes."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self._rows = rows
        self.rows = 0
        self.bytes = 0

    def __iter__(self) -> Iterator[Row]:
        for row in self._rows:
            self.rows += 1
            self.bytes += _bytes_of(row)
            yield row


def _insert(table: str, quote: str, mark: str) -> str:
    columns = COLUMNS[table]
    names = ", ".join(f"{quote}{column}{quote}" for column in columns)
    return f"INSERT INTO {table} ({names}) VALUES ({', '.join([mark] * len(columns))})"


def _refuse_other_data(connection: sqlite3.Connection, present: set[str], path: Path) -> None:
    """Raises `SeedingError` for a file with anything in it but the empty tables of `manage.py migrate`."""
    filled = any(
        connection.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone()
        for table in TABLES
        if table in present
    )
    if filled or present - {*TABLES, "django_migrations", "sqlite_sequence"}:
        raise SeedingError(f"{path} holds other data: name another file in LEGACY_SQLITE, or move it away")


def read_info(path: Path) -> DemoInfo | None:
    """What the file was filled with; None when there is no file or its tables are empty.

    Raises `SeedingError` for a file that is not SQLite or that holds other rows.
    """
    if not path.exists() or path.stat().st_size == 0:
        return None
    try:
        connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
        try:
            tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            present = {name for (name,) in tables}
            if "demo_info" not in present:
                _refuse_other_data(connection, present, path)
                return None
            (text,) = connection.execute("SELECT info FROM demo_info").fetchone()
        finally:
            connection.close()
        info: dict[str, Any] = json.loads(text)
        return DemoInfo(
            seed=info["seed"],
            as_of=datetime.fromisoformat(info["as_of"]),
            size=DemoSize(**info["size"]),
            generator=info["generator"],
            tables={table: TableFill(**fill) for table, fill in info["tables"].items()},
        )
    except (sqlite3.Error, ValueError, KeyError, TypeError) as error:
        raise SeedingError(f"{path} cannot be read as a demonstration file ({error}): remove it") from error


def _write(path: Path, size: DemoSize, seed: int, as_of: datetime) -> DemoInfo:
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        # The file is deleted when anything fails, so it needs no journal.
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute("PRAGMA synchronous = OFF")
        tables = {}
        for table in TABLES:
            rows = _CountingRows(demo_rows(table, size, seed, as_of))
            connection.execute("BEGIN")
            connection.executemany(_insert(table, '"', "?"), rows)
            connection.execute("COMMIT")
            tables[table] = TableFill(rows.rows, rows.bytes)
        info = DemoInfo(seed, as_of, size, _GENERATOR, tables)
        text = json.dumps({**asdict(info), "as_of": as_of.isoformat()})
        connection.execute("CREATE TABLE demo_info (info TEXT NOT NULL)")
        connection.execute("INSERT INTO demo_info VALUES (?)", (text,))
        return info
    finally:
        connection.close()


def fill_sqlite(path: Path, size: DemoSize, seed: int, as_of: datetime) -> DemoInfo:
    """Replaces `path` with a new file that has the legacy schema and these rows; Django must be set up.

    The file is written under a temporary name in the same folder, flushed to disk and renamed,
    so `path` is always either the old file or the complete new one. Raises
    `SeedingError` when another process is filling it, and `OSError` or
    `sqlite3.Error` when it cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    with partial.open("ab") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SeedingError(f"{path} is being filled by another process: wait for it") from None
        try:
            lock.truncate(0)  # left by a process that was killed
            create_schema(partial)
            info = _write(partial, size, seed, as_of)
            os.fsync(lock.fileno())
            for suffix in ("-journal", "-wal", "-shm"):  # they belong to the file that is replaced
                path.with_name(path.name + suffix).unlink(missing_ok=True)
            partial.replace(path)
        except BaseException:
            partial.unlink(missing_ok=True)
            raise
    return info


def fill_mysql(
    connection: Connection[Any], size: DemoSize, seed: int, as_of: datetime
) -> dict[str, TableFill]:
    """Inserts the rows into the empty legacy tables of a MySQL or MariaDB, one transaction for each table.

    Memory is bounded: 500 rows are held at a time.
    """
    tables = {}
    with connection.cursor() as cursor:
        for table in TABLES:
            statement = _insert(table, "`", "%s")
            rows = _CountingRows(demo_rows(table, size, seed, as_of))
            iterator = iter(rows)
            connection.begin()
            while chunk := list(islice(iterator, _CHUNK)):
                cursor.executemany(statement, chunk)
            connection.commit()
            tables[table] = TableFill(rows.rows, rows.bytes)
    return tables


def fill_empty_mysql(connection: Connection[Any], size: DemoSize, seed: int, as_of: datetime) -> DemoInfo:
    """Creates the legacy tables in MySQL where they are missing and fills them; Django must be set up for it.

    Raises `SeedingError`, changing nothing, when one of the tables has a row.
    """
    from django.core.management import call_command

    with connection.cursor() as cursor:
        cursor.execute("SHOW TABLES")
        present = {str(row[0]) for row in cursor.fetchall()}
        for table in TABLES:
            if table in present and cursor.execute(f"SELECT 1 FROM `{table}` LIMIT 1"):
                raise SeedingError(
                    f"table {table} of that MySQL holds rows: the demonstration only goes into an empty database"
                )
    call_command("migrate", "legacy", database=ALIAS, fake_initial=True, verbosity=0)
    return DemoInfo(seed, as_of, size, _GENERATOR, fill_mysql(connection, size, seed, as_of))
