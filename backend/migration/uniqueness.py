"""Which row holds which unique key, so that values that collide only in DynamoDB are found before they are written.

MySQL compares by its collation; the table's guard items compare normalised text. The
first row by id keeps the key, later ones are dead letters. The book is an SQLite file
beside the checkpoint (or a temporary one for a dry run), so memory stays bounded.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from migration.errors import Collision, MigrationError
from migration.files import explain


class KeyBook:
    """Keys and the ids of the rows that hold them; recording the same pair again changes nothing.

    `anew` drops what an earlier job left at `path`. Every method raises `MigrationError` when the
    file cannot be written or is damaged.
    """

    def __init__(self, path: Path | None, *, anew: bool = False) -> None:
        self._path = path
        if path is not None and anew:
            # The journal of a run that was killed goes with its book.
            try:
                for file in path.parent.glob(f"{path.name}*"):
                    file.unlink()
            except OSError as error:
                raise explain(error, path) from None
        with self._explained():
            self._db = sqlite3.connect("" if path is None else path, isolation_level=None)
            self._db.execute(
                "CREATE TABLE IF NOT EXISTS held (key TEXT PRIMARY KEY, id INTEGER NOT NULL) WITHOUT ROWID"
            )
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
                f"the list of unique keys {path.name} cannot be used ({error}): begin again with --restart"
            ) from None

    def claim(self, row_id: int, keys: list[tuple[str, str]]) -> None:
        """Records that the row holds all of `keys` ((what it is, key) pairs).

        Raises `Collision`, recording none of them, when another row holds one.
        """
        with self._explained():
            for what, key in keys:
                found = self._db.execute("SELECT id FROM held WHERE key = ?", (key,)).fetchone()
                if found is not None and found[0] != row_id:
                    raise Collision(what, key, found[0])
            self._db.executemany(
                "INSERT OR IGNORE INTO held VALUES (?, ?)", [(key, row_id) for _, key in keys]
            )

    def release(self, key: str) -> None:
        """Forgets who holds a key: its row was changed in the source."""
        with self._explained():
            self._db.execute("DELETE FROM held WHERE key = ?", (key,))

    def save(self) -> None:
        """Makes what was recorded durable."""
        with self._explained():
            self._db.execute("COMMIT")
            self._db.execute("BEGIN")

    def abandon(self) -> None:
        """Closes the book without saving: what was recorded since the last time is read again by the next run."""
        self._db.close()

    def close(self) -> None:
        """Saves and closes the book."""
        with self._explained():
            self._db.execute("COMMIT")
            self._db.close()
