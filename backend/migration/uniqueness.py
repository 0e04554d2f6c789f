"""Which row holds which unique key, so that values that collide only in DynamoDB are found before they are written.

MySQL compares by its collation; the table's guard items compare normalised text. The
first row by id keeps the key, later ones are dead letters. The book is an SQLite file
beside the checkpoint (or a temporary one for a dry run), so memory stays bounded.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

from migration.errors import BadRow


class KeyBook:
    """Keys and the ids of the rows that hold them; recording the same pair again changes nothing."""

    def __init__(self, path: Path | None) -> None:
        self._db = sqlite3.connect("" if path is None else path, isolation_level=None)
        self._db.execute(
            "CREATE TABLE IF NOT EXISTS held (key TEXT PRIMARY KEY, id INTEGER NOT NULL) WITHOUT ROWID"
        )
        self._db.execute("BEGIN")

    def claim(self, row_id: int, keys: list[tuple[str, str]]) -> None:
        """Records that the row holds all of `keys` ((what it is, key) pairs).

        Raises `BadRow`, recording none of them, when another row holds one.
        """
        for what, key in keys:
            found = self._db.execute("SELECT id FROM held WHERE key = ?", (key,)).fetchone()
            if found is not None and found[0] != row_id:
                raise BadRow(f"{what} {key.partition('#')[2]!r} is already held by row {found[0]}")
        self._db.executemany("INSERT OR IGNORE INTO held VALUES (?, ?)", [(key, row_id) for _, key in keys])

    def save(self) -> None:
        """Makes what was recorded durable."""
        self._db.execute("COMMIT")
        self._db.execute("BEGIN")

    def close(self) -> None:
        """Saves and closes the book."""
        self._db.execute("COMMIT")
        self._db.close()
