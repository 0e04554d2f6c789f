"""The notes of a run in a file: how far the scan is, what has to be joined at its end, and what was found.

They keep memory bounded whatever the table's size, and a run that was killed continues from them.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple, Self

from api.dynamodb.errors import InvalidInput
from api.dynamodb.table.write_actions import Key
from repair.findings import Finding

_SCHEMA = """
CREATE TABLE IF NOT EXISTS job (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS segments (number INTEGER PRIMARY KEY, after TEXT, items INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS texts (pk TEXT, name TEXT, parts INTEGER, main_pk TEXT, main_sk TEXT, ttl TEXT,
    PRIMARY KEY (pk, name)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS parts (pk TEXT, name TEXT, number INTEGER, sk TEXT, ttl TEXT,
    PRIMARY KEY (pk, name, number)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS cases (id INTEGER PRIMARY KEY, problem_id INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS generations (pk TEXT, number INTEGER, in_force INTEGER,
    PRIMARY KEY (pk, number, in_force)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS logs (pk TEXT, day TEXT, number INTEGER NOT NULL, PRIMARY KEY (pk, day)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS counters (pk TEXT, day TEXT, number INTEGER NOT NULL, PRIMARY KEY (pk, day)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS tally (name TEXT PRIMARY KEY, number INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS guards (pk TEXT, sk TEXT, PRIMARY KEY (pk, sk)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS findings (id INTEGER PRIMARY KEY, kind TEXT, pk TEXT, sk TEXT, text TEXT, state TEXT,
    UNIQUE (pk, sk, kind));
"""


class Text(NamedTuple):
    """A reference to a text that is stored in parts: the partition and name of the parts, and who refers to it."""

    pk: str
    name: str
    parts: int
    main_pk: str
    main_sk: str
    ttl: str | None


class Part(NamedTuple):
    """A part of a text in the table."""

    pk: str
    name: str
    number: int
    sk: str
    ttl: str | None


class Notebook:
    """The file of one run, or a file that disappears with the process for `path` None.

    started_at, segments: when the scan began, and in how many segments; a run that is continued keeps them.
    Safe to share between threads. Raises `InvalidInput` while another process uses the file.
    """

    def __init__(
        self, path: Path | None, purpose: Mapping[str, Any], now: datetime, *, segments: int = 1
    ) -> None:
        if path is not None:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._path, self._lock = path, threading.RLock()
        # An empty name is a temporary file, which SQLite keeps on disk and removes.
        self._base = sqlite3.connect("" if path is None else path, check_same_thread=False)
        try:
            self._base.execute("PRAGMA locking_mode = EXCLUSIVE")
            self._base.executescript(_SCHEMA)
            self.is_continued = self._begin(json.dumps(purpose, sort_keys=True), now, segments)
        except sqlite3.OperationalError as error:
            self._base.close()
            raise InvalidInput(
                f"{path} cannot be used: {error}",
                hint="if another run uses it, wait for that; free some disk space",
            ) from error
        self.started_at = datetime.fromisoformat(self._value("started_at"))
        self.segments = int(self._value("segments"))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._base.close()

    def _begin(self, purpose: str, now: datetime, segments: int) -> bool:
        """Whether the file has notes of a run with the same purpose; others are dropped."""
        with self._lock, self._base:
            saved = dict(self._base.execute("SELECT name, value FROM job"))
            if saved.get("purpose") == purpose:
                return True
            for table in (
                "job",
                "segments",
                "texts",
                "parts",
                "cases",
                "generations",
                "logs",
                "counters",
                "guards",
                "findings",
            ):
                self._base.execute(f"DELETE FROM {table}")
            rows = [("purpose", purpose), ("started_at", now.isoformat()), ("segments", str(segments))]
            self._base.executemany("INSERT INTO job VALUES (?, ?)", rows)
            return False

    def _value(self, name: str) -> str:
        ((value,),) = self._base.execute("SELECT value FROM job WHERE name = ?", (name,))
        return str(value)

    def remove(self) -> None:
        """Closes and removes the file: the run is finished."""
        self._base.close()
        if self._path is not None:
            self._path.unlink(missing_ok=True)

    # The scan

    def position(self, segment: int) -> tuple[bool, Mapping[str, Any] | None]:
        """Whether a segment is finished, and otherwise the key after which it goes on (None: at its start)."""
        with self._lock:
            row = self._base.execute("SELECT after FROM segments WHERE number = ?", (segment,)).fetchone()
        if row is None:
            return False, None
        return row[0] is None, None if row[0] is None else json.loads(row[0])

    def items_read(self) -> int:
        """How many items the scan has read."""
        with self._lock:
            ((number,),) = self._base.execute("SELECT coalesce(sum(items), 0) FROM segments")
        return int(number)

    def finish_page(
        self,
        segment: int,
        last_key: Mapping[str, Any] | None,
        items: int,
        *,
        texts: Iterable[Text] = (),
        parts: Iterable[Part] = (),
        cases: Iterable[tuple[int, int]] = (),
        generations: Iterable[tuple[str, int, bool]] = (),
        logs: Iterable[tuple[str, str, int]] = (),
        counters: Iterable[tuple[str, str, int]] = (),
        doubtful_guards: Iterable[Key] = (),
        tally: Mapping[str, int] | None = None,
    ) -> None:
        """Notes a page's contents and the position after it, together.

        cases: (test case id, problem id). generations: (problem's partition key, number, whether the problem names it;
        otherwise a case does). logs, counters: (partition key, day, number). tally: numbers to add up.
        """
        execute = self._base.executemany
        with self._lock, self._base:
            execute("INSERT OR REPLACE INTO texts VALUES (?, ?, ?, ?, ?, ?)", texts)
            execute("INSERT OR REPLACE INTO parts VALUES (?, ?, ?, ?, ?)", parts)
            execute("INSERT OR REPLACE INTO cases VALUES (?, ?)", cases)
            execute("INSERT OR IGNORE INTO generations VALUES (?, ?, ?)", generations)
            execute(
                "INSERT INTO logs VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET number = number + excluded.number",
                logs,
            )
            execute("INSERT OR REPLACE INTO counters VALUES (?, ?, ?)", counters)
            execute("INSERT OR REPLACE INTO guards VALUES (?, ?)", doubtful_guards)
            execute(
                "INSERT INTO tally VALUES (?, ?) ON CONFLICT DO UPDATE SET number = number + excluded.number",
                (tally or {}).items(),
            )
            execute(
                "INSERT INTO segments VALUES (?, ?, ?) "
                "ON CONFLICT DO UPDATE SET after = excluded.after, items = items + excluded.items",
                [(segment, None if last_key is None else json.dumps(last_key), items)],
            )

    def tally(self) -> dict[str, int]:
        """The numbers that pages added up."""
        return dict(self._rows("SELECT name, number FROM tally"))

    # Joins

    def orphaned_parts(self) -> Iterator[Part]:
        """The parts to which no reference was read."""
        query = (
            "SELECT p.* FROM parts p LEFT JOIN texts t ON t.pk = p.pk AND t.name = p.name AND p.number < t.parts "
            "WHERE t.pk IS NULL"
        )
        yield from map(Part._make, self._rows(query))

    def incomplete_texts(self) -> Iterator[Text]:
        """The references of which not all parts were read."""
        query = (
            "SELECT t.* FROM texts t WHERE t.parts > (SELECT count(*) FROM parts p WHERE p.pk = t.pk "
            "AND p.name = t.name AND p.number < t.parts)"
        )
        yield from map(Text._make, self._rows(query))

    def parts_with_other_expiry(self) -> Iterator[tuple[Part, Text]]:
        """The parts whose expiry is not their item's, with the reference to them."""
        query = "SELECT p.*, t.* FROM parts p JOIN texts t ON t.pk = p.pk AND t.name = p.name WHERE t.ttl IS NOT p.ttl"
        for row in self._rows(query):
            yield Part._make(row[:5]), Text._make(row[5:])

    def problem_of_case(self, test_case_id: int) -> int | None:
        """The problem of a test case that was read."""
        rows = list(self._rows("SELECT problem_id FROM cases WHERE id = ?", (test_case_id,)))
        return int(rows[0][0]) if rows else None

    def idle_generations(self) -> Iterator[tuple[str, int]]:
        """(problem's partition key, number) of the generations of cases that no problem names."""
        query = (
            "SELECT pk, number FROM generations g WHERE NOT in_force AND NOT EXISTS "
            "(SELECT 1 FROM generations f WHERE f.pk = g.pk AND f.number = g.number AND f.in_force)"
        )
        yield from self._rows(query)

    def differing_counters(self) -> Iterator[tuple[str, str]]:
        """(partition key, day) of the counters that differ from the logs, or are missing."""
        query = (
            "SELECT pk, day FROM counters c WHERE number <> coalesce((SELECT number FROM logs l "
            "WHERE l.pk = c.pk AND l.day = c.day), 0) UNION "
            "SELECT pk, day FROM logs l WHERE NOT EXISTS (SELECT 1 FROM counters c WHERE c.pk = l.pk AND c.day = l.day)"
        )
        yield from self._rows(query)

    def doubtful_guards(self) -> Iterator[Key]:
        """The keys of guards that nobody may demand."""
        yield from self._rows("SELECT pk, sk FROM guards")

    def _rows(self, query: str, values: tuple[Any, ...] = ()) -> Iterator[Any]:
        """The rows of a query, a thousand at a time."""
        cursor = self._base.cursor()
        with self._lock:
            rows = cursor.execute(query, values).fetchmany(1000)
        while rows:
            yield from rows
            with self._lock:
                rows = cursor.fetchmany(1000)

    # Findings

    def add_finding(self, finding: Finding, state: str) -> bool:
        """Notes a finding; `state` is open, mended, changed or manual. False if it was noted before with that state."""
        query = "SELECT 1 FROM findings WHERE kind = ? AND pk = ? AND sk = ? AND state = ?"
        with self._lock, self._base:
            if self._base.execute(query, (finding.kind, *finding.key, state)).fetchone():
                return False
            self._base.execute(
                "INSERT INTO findings (kind, pk, sk, text, state) VALUES (?, ?, ?, ?, ?) "
                "ON CONFLICT DO UPDATE SET state = excluded.state",
                (finding.kind, *finding.key, finding.text, state),
            )
        return True

    def has_finding(self, key: Key) -> bool:
        """Whether something was found about the item of that key."""
        return bool(list(self._rows("SELECT 1 FROM findings WHERE pk = ? AND sk = ? LIMIT 1", key)))

    def findings(self) -> Iterator[tuple[Finding, str]]:
        """Every finding, in the order in which they were found, with its state."""
        for kind, pk, sk, text, state in self._rows(
            "SELECT kind, pk, sk, text, state FROM findings ORDER BY id"
        ):
            yield Finding(kind, (pk, sk), text), state

    def counts(self) -> dict[tuple[str, str], int]:
        """How many findings there are by kind and state."""
        query = "SELECT kind, state, count(*) FROM findings GROUP BY kind, state ORDER BY kind, state"
        return {(kind, state): number for kind, state, number in self._rows(query)}
