"""Index of unique keys by row, which finds values that collide only in DynamoDB before they are written.

MySQL compares by its collation; the table's guard items compare normalised text. The
first row by id keeps the key, later rows become dead letters. The index is an SQLite file
next to the checkpoint (a temporary one for a dry run), so memory is bounded.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from api.dynamodb.schema.email_rules import VERSION
from migration.durable_files import explain
from migration.errors import Collision, MigrationError


class UniqueKeyIndex:
    """Keys and the ids of the rows that hold them; claiming a key again for the same row changes nothing.

    `discard_existing` deletes the index of an earlier job at `path`. An index whose keys an earlier rule of e-mail
    addresses made is emptied, so that its owner fills it again. Every method raises `MigrationError` when the
    file cannot be written or is damaged.
    """

    def __init__(self, path: Path | None, *, discard_existing: bool = False) -> None:
        self._path = path
        if path is not None:
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                # The journal of a run that was killed is deleted with its index.
                for file in path.parent.glob(f"{path.name}*") if discard_existing else ():
                    file.unlink()
            except OSError as error:
                raise explain(error, path) from None
        with self._explained():
            self._db = sqlite3.connect("" if path is None else path, isolation_level=None)
            self._db.execute(
                "CREATE TABLE IF NOT EXISTS held (key TEXT PRIMARY KEY, id INTEGER NOT NULL) WITHOUT ROWID"
            )
            if self._db.execute("PRAGMA user_version").fetchone() != (VERSION,):
                self._db.execute("DELETE FROM held")
                self._db.execute(f"PRAGMA user_version = {VERSION}")
            self._db.execute("BEGIN")

    @contextmanager
    def _explained(self) -> Iterator[None]:
        path = self._path or Path("temporary", "keys")
        try:
            yield
        except sqlite3.OperationalError as error:
            raise explain(OSError(str(error)), path) from None
        except sqlite3.DatabaseError as error:
            raise MigrationError(
                f"the list of unique keys {path.name} cannot be used ({error}): start over with --restart"
            ) from None

    def claim(self, row_id: int, keys: list[tuple[str, str]]) -> None:
        """Records that the row holds all of `keys`, as (description, key) pairs.

        Raises `Collision` and records none of them when another row holds one.
        """
        with self._explained():
            for description, key in keys:
                holder = self.holder(key)
                if holder not in (None, row_id):
                    raise Collision(description, key, holder)
            self._db.executemany(
                "INSERT OR IGNORE INTO held VALUES (?, ?)", [(key, row_id) for _, key in keys]
            )

    def holder(self, key: str) -> int | None:
        """The id of the row that holds a key; None if none does."""
        with self._explained():
            row = self._db.execute("SELECT id FROM held WHERE key = ?", (key,)).fetchone()
        return None if row is None else int(row[0])

    def is_empty(self) -> bool:
        """Whether no key is claimed."""
        with self._explained():
            return self._db.execute("SELECT 1 FROM held LIMIT 1").fetchone() is None

    def release(self, key: str) -> None:
        """Removes a key whose row no longer has it in the source."""
        with self._explained():
            self._db.execute("DELETE FROM held WHERE key = ?", (key,))

    def save(self) -> None:
        """Commits the claims durably."""
        with self._explained():
            self._db.execute("COMMIT")
            self._db.execute("BEGIN")

    def abandon(self) -> None:
        """Closes the index without saving; the next run claims again what was not saved. Harmless after `close`."""
        self._db.close()

    def close(self) -> None:
        """Saves and closes the index."""
        with self._explained():
            self._db.execute("COMMIT")
            self._db.close()
