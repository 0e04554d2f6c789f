"""What a scan leaves to be looked at afterwards, in a temporary file: expired items and unfinished texts."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from migration.errors import MigrationError

_SCHEMA = """
CREATE TABLE expired (kind TEXT, id INTEGER, pk TEXT, sk TEXT, record BLOB);
CREATE TABLE unfinished (pk TEXT, name TEXT, PRIMARY KEY (pk, name)) WITHOUT ROWID;
BEGIN;
"""
_PAGE_ROWS = 500


@contextmanager
def temporary_files() -> Iterator[None]:
    """Work that fills temporary files. Raises `MigrationError` with the next step when their folder is full."""
    try:
        yield
    except sqlite3.OperationalError as error:
        raise MigrationError(
            f"records could not be collected in the temporary folder ({error}): free some space there, or set "
            "another folder with TMPDIR"
        ) from None


class ExpiredItem(NamedTuple):
    """A stored item that TTL may remove. `id` is its log's, or its user's for a day counter."""

    kind: str
    id: int
    pk: str
    sk: str
    record: bytes


class ScanNotes:
    """The notes of one scan; scanning threads write one at a time."""

    def __init__(self) -> None:
        self._db = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._db.executescript(_SCHEMA)

    def close(self) -> None:
        """Removes the temporary file."""
        self._db.close()

    def add_expired(self, item: ExpiredItem) -> None:
        """Adds a stored item that has expired."""
        self._db.execute("INSERT INTO expired VALUES (?, ?, ?, ?, ?)", item)

    def add_unfinished(self, pk: str, name: str) -> None:
        """Adds a text that was not complete, or not in order, within its segment."""
        self._db.execute("INSERT OR IGNORE INTO unfinished VALUES (?, ?)", (pk, name))

    def expired(self, kind: str) -> Iterator[list[ExpiredItem]]:
        """The expired items of a kind in the order of their ids, in lists of at most 500."""
        cursor = self._db.execute("SELECT * FROM expired WHERE kind = ? ORDER BY id, pk, sk", (kind,))
        while rows := cursor.fetchmany(_PAGE_ROWS):
            yield [ExpiredItem(*row) for row in rows]

    def unfinished(self) -> Iterator[tuple[str, str]]:
        """(partition key, name) of each unfinished text, in order."""
        yield from self._db.execute("SELECT pk, name FROM unfinished ORDER BY pk, name")
