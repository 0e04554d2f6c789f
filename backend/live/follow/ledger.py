"""The ledger: every item key that was written for a unit, the position, dead letters and what waits; one SQLite file.

A key is in the ledger before it is written, and leaves it after it was deleted. So the items of a row that has gone can
be found without a scan, whatever killed the process. The ledger can be rebuilt by one scan of the table.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from live.follow.batch import Unit
from live.source.changes import Position
from migration.dead_letters import Letter
from migration.durable_files import explain
from migration.errors import MigrationError
from migration.mapping import STEPS, USAGE

FORMAT = 1
# Keys as (partition key, sort key).
Key = tuple[str, str]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS owned (
    step INTEGER, id INTEGER, day INTEGER, key TEXT, PRIMARY KEY (step, id, day, key)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS dead (step INTEGER, id INTEGER, letter TEXT, PRIMARY KEY (step, id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS waits (key TEXT, step INTEGER, id INTEGER, PRIMARY KEY (key, step, id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS retries (
    step INTEGER, id INTEGER, day INTEGER, PRIMARY KEY (step, id, day)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS touched (
    step INTEGER, id INTEGER, day INTEGER, batch INTEGER, PRIMARY KEY (step, id, day)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS notes (name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
"""
_NUMBERS: Mapping[str, int] = {step.name: number for number, step in enumerate(STEPS)}
_NAMES = tuple(step.name for step in STEPS)
_SEPARATOR = "\0"
# The days of units that are rows, and of those that are a user's days.
_IS_UNIT = {False: "= 0", True: "<> 0"}


class LedgerTaken(MigrationError):
    """A later run has taken the ledger over: what this one would still note is not so any more."""

    def __init__(self) -> None:
        super().__init__("a later run follows with this ledger: look with make dynamodb-live-status")


class Ledger:
    """The ledger of one live move. Not thread-safe; another process may read it meanwhile, and note its proofs.

    Every method raises `MigrationError` when the file cannot be written, as on a full disk.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._run: str | None = None
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise explain(error, path) from None
        with self._explained():
            self._db = sqlite3.connect(path, isolation_level=None, timeout=30)
            self._db.executescript(f"PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; {_SCHEMA}")
            if self.note("format") not in (None, str(FORMAT)):
                raise MigrationError(f"{path} is of another version: remove it, and it is made again")
            self.set_notes(format=str(FORMAT))

    def close(self) -> None:
        """Closes the file."""
        self._db.close()

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as error:
            raise explain(OSError(str(error)), self.path) from None
        except sqlite3.DatabaseError as error:
            raise MigrationError(
                f"the ledger {self.path} cannot be used ({error}): remove it, then make dynamodb-live-start makes it"
            ) from None

    def take_over(self, run: str) -> None:
        """Refuses the transactions of every earlier run, which may have slept and wake up."""
        self.set_notes(run=run)
        self._run = run

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commits what the block changes durably and as a whole, or nothing. Raises `LedgerTaken` after a later run."""
        with self._explained():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                if self._run is not None and self.note("run") != self._run:
                    raise LedgerTaken
                yield
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    # Keys

    def keys_of(self, unit: Unit) -> set[Key]:
        """The keys that were written for a unit, or may have been."""
        with self._explained():
            rows = self._db.execute(
                "SELECT key FROM owned WHERE step = ? AND id = ? AND day = ?", _numbers(unit)
            )
            return {_key(text) for (text,) in rows}

    def add_keys(self, keys: Iterable[tuple[Unit, Key]]) -> None:
        """Adds keys; in a transaction of the caller's."""
        rows = [(*_numbers(unit), _SEPARATOR.join(key)) for unit, key in keys]
        self._db.executemany("INSERT OR IGNORE INTO owned VALUES (?, ?, ?, ?)", rows)

    def remove_keys(self, keys: Iterable[tuple[Unit, Key]]) -> None:
        """Removes keys of items that were deleted; in a transaction of the caller's."""
        rows = [(*_numbers(unit), _SEPARATOR.join(key)) for unit, key in keys]
        self._db.executemany("DELETE FROM owned WHERE step = ? AND id = ? AND day = ? AND key = ?", rows)

    def clear_keys(self) -> None:
        """Removes every key and dead letter, before the ledger is made again; in a transaction of the caller's."""
        for table in ("owned", "dead", "waits", "retries", "touched"):
            self._db.execute(f"DELETE FROM {table}")

    def count_keys(self) -> int:
        """The number of keys."""
        with self._explained():
            return int(self._db.execute("SELECT COUNT(*) FROM owned").fetchone()[0])

    def has_key(self, key: Key) -> bool:
        """Whether any unit owns a key; reads the whole ledger, so this is for tests and checks."""
        with self._explained():
            sql = "SELECT 1 FROM owned WHERE key = ? LIMIT 1"
            return self._db.execute(sql, (_SEPARATOR.join(key),)).fetchone() is not None

    def owns(self, unit: Unit, key: Key) -> bool:
        """Whether a unit owns a key."""
        sql = "SELECT 1 FROM owned WHERE step = ? AND id = ? AND day = ? AND key = ?"
        with self._explained():
            return self._db.execute(sql, (*_numbers(unit), _SEPARATOR.join(key))).fetchone() is not None

    def ids_after(self, step: str, after: int, limit: int) -> list[int]:
        """The next ids after one that own keys, in order; for usage logs those of their users."""
        sql = (
            f"SELECT DISTINCT id FROM owned WHERE step = ? AND id > ? AND day {_IS_UNIT[step == USAGE.name]} "
            "ORDER BY id LIMIT ?"
        )
        with self._explained():
            return [row[0] for row in self._db.execute(sql, (_NUMBERS[step], after, limit))]

    def keys_between(self, step: str, after: int, end: int) -> list[tuple[int, Key]]:
        """The keys of ids after one, up to another, each with its id."""
        sql = "SELECT id, key FROM owned WHERE step = ? AND id > ? AND id <= ?"
        with self._explained():
            return [
                (row_id, _key(text)) for row_id, text in self._db.execute(sql, (_NUMBERS[step], after, end))
            ]

    # Dead letters, and rows that wait for a unique key

    def bury(self, unit: Unit, letter: Letter, waits_for: Iterable[str] = ()) -> None:
        """Makes a row a dead letter, which is tried again when one of the keys is free; in a transaction."""
        self._db.execute(
            "INSERT OR REPLACE INTO dead VALUES (?, ?, ?)",
            (*_numbers(unit)[:2], json.dumps(letter, ensure_ascii=False)),
        )
        rows = [(key, *_numbers(unit)[:2]) for key in waits_for]
        self._db.executemany("INSERT OR IGNORE INTO waits VALUES (?, ?, ?)", rows)

    def revive(self, unit: Unit) -> None:
        """Forgets that a row is a dead letter, that it waits, and that it is to be tried again; in a transaction."""
        for table in ("dead", "waits"):
            self._db.execute(f"DELETE FROM {table} WHERE step = ? AND id = ?", _numbers(unit)[:2])

        self.tried(unit)

    def tried(self, unit: Unit) -> None:
        """Forgets that a unit is to be tried again; in a transaction."""
        self._db.execute("DELETE FROM retries WHERE step = ? AND id = ? AND day = ?", _numbers(unit))

    def retry_waiting(self, keys: Iterable[str]) -> None:
        """Has the rows that wait for these partition keys tried again; in a transaction of the caller's."""
        self._db.executemany(
            "INSERT OR IGNORE INTO retries SELECT step, id, 0 FROM waits WHERE key = ?",
            [(key,) for key in keys],
        )

    def retry(self, units: Iterable[Unit]) -> None:
        """Has units tried again; in a transaction of the caller's."""
        rows = [_numbers(unit) for unit in units]
        self._db.executemany("INSERT OR IGNORE INTO retries VALUES (?, ?, ?)", rows)

    def retries(self, limit: int) -> set[Unit]:
        """Units to try again, at most `limit`."""
        with self._explained():
            rows = self._db.execute("SELECT step, id, day FROM retries LIMIT ?", (limit,))
            return {Unit(_NAMES[step], row_id, day) for step, row_id, day in rows}

    def letters(self) -> Iterator[Letter]:
        """The dead letters, by step and id."""
        with self._explained():
            for (text,) in self._db.execute("SELECT letter FROM dead ORDER BY step, id"):
                yield json.loads(text)

    def count_letters(self) -> int:
        """The number of dead letters."""
        with self._explained():
            return int(self._db.execute("SELECT COUNT(*) FROM dead").fetchone()[0])

    # What changed since the last proof

    def touch(self, units: Iterable[Unit], batch: int) -> None:
        """Notes that a batch has written units; in a transaction of the caller's."""
        rows = [(*_numbers(unit), batch) for unit in units]
        self._db.executemany("INSERT OR REPLACE INTO touched VALUES (?, ?, ?, ?)", rows)

    def touched_since(self, batch: int) -> Iterator[Unit]:
        """The units that were written by batches after this one."""
        with self._explained():
            rows = self._db.execute("SELECT step, id, day FROM touched WHERE batch > ?", (batch,)).fetchall()
        yield from (Unit(_NAMES[step], row_id, day) for step, row_id, day in rows)

    def forget_touched(self, batch: int) -> None:
        """Forgets units of batches up to this one: they are proved."""
        with self.transaction():
            self._db.execute("DELETE FROM touched WHERE batch <= ?", (batch,))

    def count_touched(self) -> int:
        """The number of units that were written since they were proved."""
        with self._explained():
            return int(self._db.execute("SELECT COUNT(*) FROM touched").fetchone()[0])

    def first_touched(self, limit: int) -> list[Unit]:
        """The units that wait longest to be proved."""
        with self._explained():
            rows = self._db.execute("SELECT step, id, day FROM touched ORDER BY batch LIMIT ?", (limit,))
            return [Unit(_NAMES[step], row_id, day) for step, row_id, day in rows]

    def forget_units(self, units: Iterable[Unit], batch: int) -> None:
        """Forgets that these units were written by batches up to this one: they are proved."""
        rows = [(*_numbers(unit), batch) for unit in units]
        with self.transaction():
            self._db.executemany(
                "DELETE FROM touched WHERE step = ? AND id = ? AND day = ? AND batch <= ?", rows
            )

    # Notes

    def note(self, name: str) -> str | None:
        """A note; None when there is none."""
        with self._explained():
            row = self._db.execute("SELECT value FROM notes WHERE name = ?", (name,)).fetchone()
        return None if row is None else str(row[0])

    def set_notes(self, **notes: str) -> None:
        """Notes values by name; durable at once outside a transaction."""
        with self._explained():
            self._db.executemany("INSERT OR REPLACE INTO notes VALUES (?, ?)", list(notes.items()))

    def note_position(self, position: Position) -> None:
        """Notes up to where the binlog is applied, which never goes back (I5); in a transaction of the caller's."""
        assert (former := self.position) is None or position >= former  # noqa: S101
        self.set_notes(position=str(position))

    def remove_note(self, name: str) -> None:
        """Removes a note."""
        with self._explained():
            self._db.execute("DELETE FROM notes WHERE name = ?", (name,))

    def report(self, name: str) -> dict[str, Any]:
        """A note that is an object in JSON; empty when there is none."""
        text = self.note(name)
        report: dict[str, Any] = {} if text is None else json.loads(text)
        return report

    @property
    def position(self) -> Position | None:
        """Up to where the binlog is applied; None before the first position was noted."""
        text = self.note("position")
        return None if text is None else Position.parse(text)


def _numbers(unit: Unit) -> tuple[int, int, int]:
    return _NUMBERS[unit.step], unit.id, unit.day


def _key(text: str) -> Key:
    pk, _, sk = text.partition(_SEPARATOR)
    return pk, sk
