"""Finds the very items behind digests that differ: both sides of those buckets again, compared record by record.

What the second look collects stands in a temporary SQLite file, so memory stays bounded.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from typing import Any

from config.environment import Source
from migration.errors import MigrationError
from migration.source import LegacyDatabase
from migration.verify.describe import Difference, compare, identity, step_of
from migration.verify.digest import render
from migration.verify.kinds import STEP_OF, TEXTS, UNKNOWN, Bucket
from migration.verify.observe import kind_of
from migration.verify.policy import Policy
from migration.verify.source_side import STEP_BY_NAME, expectations
from migration.verify.table_side import TableSide
from migration.verify.texts import examine, without_length

_SCHEMA = """
CREATE TABLE found (
    kind TEXT, ignored TEXT, pk TEXT, sk TEXT, logical TEXT, record BLOB, state INTEGER DEFAULT 0
);
CREATE TABLE wanted (kind TEXT, row_id TEXT, pk TEXT, sk TEXT, logical TEXT, record BLOB, state INTEGER DEFAULT 0);
CREATE TABLE texts (record TEXT, pk TEXT, mark TEXT, bare TEXT);
"""
_INDEXES = """
CREATE INDEX found_key ON found (pk, sk);
CREATE INDEX found_logical ON found (kind, logical);
CREATE INDEX texts_record ON texts (record);
CREATE INDEX texts_bare ON texts (bare);
"""
_OPEN, _AGREES, _REPORTED = 0, 1, 2
_SOME = 500


class Differences:
    """The differences that were found: all are counted by kind, `limit` of each step are kept (None keeps all)."""

    def __init__(self, limit: int | None) -> None:
        self._limit = limit
        self.kept: list[Difference] = []
        self.by_kind: Counter[str] = Counter()
        self.by_step: Counter[str] = Counter()

    def add(self, difference: Difference) -> None:
        """Counts a difference and keeps it if there is room."""
        self.by_kind[difference.kind] += 1
        self.by_step[difference.step] += 1
        if self._limit is None or self.by_step[difference.step] <= self._limit:
            self.kept.append(difference)

    @property
    def total(self) -> int:
        """How many there are."""
        return sum(self.by_kind.values())


class DrillDown:
    """One second look at the buckets that differ."""

    def __init__(
        self, table: TableSide, policy: Policy, widths: Mapping[str, int], found: Differences
    ) -> None:
        self._table = table
        self._policy = policy
        self._widths = widths
        self._found = found
        # Scanning threads insert one at a time.
        self._db = sqlite3.connect("", isolation_level=None, check_same_thread=False)

    def run(self, source: Source, buckets: set[Bucket]) -> None:
        """Compares the buckets and adds what differs. Raises `MigrationError` when there is no room for it."""
        try:
            self._run(source, buckets)
        except sqlite3.OperationalError as error:
            raise MigrationError(
                f"what differs could not be collected in the temporary folder ({error}): make room there, "
                "or name a folder that has some with TMPDIR"
            ) from None

    def _run(self, source: Source, buckets: set[Bucket]) -> None:
        with closing(self._db):
            self._db.executescript(_SCHEMA)
            self._db.execute("BEGIN")
            self._table.collect({*buckets, (UNKNOWN, 0)}, self._keep, self._refer)
            for statement in _INDEXES.strip().splitlines():
                self._db.execute(statement)
            with LegacyDatabase(source) as database:
                for step in self._widths:
                    self._expect(database, step, buckets)
            for settle in (self._same_place, self._other_place, self._missing, self._left_over, self._texts):
                settle()

    def _keep(self, records: Iterable[tuple[str, str, str, str, bytes]]) -> None:
        self._db.executemany(
            "INSERT INTO found (kind, ignored, pk, sk, logical, record) VALUES (?, ?, ?, ?, ?, ?)",
            [
                (kind, ignored, pk, sk, identity(kind, json.loads(data), pk, sk)[1], data)
                for kind, ignored, pk, sk, data in records
            ],
        )

    def _refer(self, records: Iterable[tuple[str, str, str]]) -> None:
        self._db.executemany(
            "INSERT INTO texts VALUES (?, ?, ?, ?)", [(*entry, without_length(entry[0])) for entry in records]
        )

    def _expect(self, database: LegacyDatabase, step: str, buckets: set[Bucket]) -> None:
        """Settles what agrees; the rest of what is expected goes into `wanted`."""
        for expectation in expectations(
            database, STEP_BY_NAME[step], self._policy, self._widths[step], buckets
        ):
            if expectation.unmovable:
                note = f"it cannot be moved and is in no dead-letter file: {expectation.unmovable}"
                kind = {"history": "run", "usage": "usage_log"}.get(step, step.removesuffix("s"))
                self._report("unmovable", kind, str(expectation.row_id), "", "", note=note, step=step)
            for kind, record in expectation.records:
                pk, sk, data = record["PK"]["S"], record["SK"]["S"], render(record)
                row = self._db.execute(
                    "SELECT rowid, record FROM found WHERE pk = ? AND sk = ?", (pk, sk)
                ).fetchone()
                if row is not None and row[1] == data:
                    self._settle("found", row[0], _AGREES)
                    continue
                number, logical = identity(kind, record, pk, sk)
                self._db.execute(
                    "INSERT INTO wanted (kind, row_id, pk, sk, logical, record) VALUES (?, ?, ?, ?, ?, ?)",
                    (kind, number or str(expectation.row_id), pk, sk, logical, data),
                )

    def _settle(self, table: str, row: int, state: int) -> None:
        self._db.execute(f"UPDATE {table} SET state = ? WHERE rowid = ?", (state, row))

    def _open(self, sql: str) -> Iterator[tuple[Any, ...]]:
        """Rows of a query, some at a time; nothing that it reads may change meanwhile."""
        cursor = self._db.execute(sql)
        while rows := cursor.fetchmany(_SOME):
            yield from rows

    def _wanted(self, sql: str) -> Iterator[tuple[Any, ...]]:
        """Rows of a query over `wanted w` with the row's number first, a page at a time: they may be settled."""
        last = 0
        while rows := self._db.execute(
            f"{sql} AND w.rowid > ? ORDER BY w.rowid LIMIT {_SOME}", (last,)
        ).fetchall():
            yield from rows
            last = rows[-1][0]

    def _report(self, what: str, kind: str, number: str, pk: str, sk: str, **more: Any) -> None:
        more.setdefault("step", step_of(kind, pk))
        self._found.add(Difference(what, kind, number, pk, sk, **more))

    def _same_place(self) -> None:
        """What is wanted at a key under which something else stands: changed."""
        pairs = (
            "SELECT w.rowid, f.rowid, w.kind, w.row_id, w.pk, w.sk, w.record, f.record FROM wanted w "
            "JOIN found f ON f.pk = w.pk AND f.sk = w.sk WHERE 1 = 1"
        )
        for wanted, found, kind, number, pk, sk, mine, theirs in self._wanted(pairs):
            details = compare(kind, json.loads(mine), json.loads(theirs))
            self._settle("wanted", wanted, _REPORTED)
            self._settle("found", found, _REPORTED if details else _AGREES)
            if details:
                self._report("changed", kind, number, pk, sk, details=details)

    def _other_place(self) -> None:
        """What is wanted and stands under another key."""
        wanted = f"SELECT w.rowid, kind, row_id, pk, sk, logical, record FROM wanted w WHERE state = {_OPEN}"
        for row, kind, number, pk, sk, logical, mine in self._wanted(wanted):
            other = self._db.execute(
                f"SELECT rowid, pk, sk, record FROM found WHERE kind = ? AND logical = ? AND state = {_OPEN} "
                "AND ignored = '' LIMIT 1",
                (kind, logical),
            ).fetchone()
            if other is not None:
                self._settle("wanted", row, _REPORTED)
                self._settle("found", other[0], _REPORTED)
                details = compare(kind, json.loads(mine), json.loads(other[3]))
                note = f"it should stand at {pk} / {sk}"
                self._report("misplaced", kind, number, other[1], other[2], details=details, note=note)

    def _missing(self) -> None:
        for kind, number, pk, sk in self._open(
            f"SELECT kind, row_id, pk, sk FROM wanted WHERE state = {_OPEN} ORDER BY rowid"
        ):
            self._report("missing", kind, number, pk, sk)

    def _left_over(self) -> None:
        """What stands in the table and nothing wants."""
        left = self._open(
            f"SELECT kind, pk, sk, logical, record, (SELECT f.pk || ' / ' || f.sk FROM found f "
            f"WHERE f.kind = found.kind AND f.logical = found.logical AND f.state <> {_OPEN} LIMIT 1) "
            f"FROM found WHERE state = {_OPEN} AND ignored = '' ORDER BY pk, sk"
        )
        for kind, pk, sk, _, record, other in left:
            number = identity(kind, json.loads(record), pk, sk)[0]
            if kind == UNKNOWN:
                guess = kind_of(pk, sk)
                known = guess in STEP_OF or guess == TEXTS
                note = "it cannot be read" if known else "no kind of item has such a key"
                self._report("unreadable" if known else "extra", guess, number, pk, sk, note=note)
            elif other is not None:
                self._report("duplicated", kind, number, pk, sk, note=f"it stands at {other} as well")
            else:
                self._report("extra", kind, number, pk, sk, note="the source has no such row")

    def _texts(self) -> None:
        """References to texts that are not whole, and texts that nothing refers to."""
        lost = self._open(
            "SELECT record FROM texts r WHERE mark = 'reference' AND NOT EXISTS "
            "(SELECT 1 FROM texts t WHERE (t.record = r.record OR t.bare = r.record) AND t.mark = '') "
            "ORDER BY record"
        )
        told = set()
        for (record,) in lost:
            pk, name, parts, ttl, length = record.split("\n")
            told.add((pk, name))
            problems = list(examine(pk, name, self._table.parts(pk, name)))
            note = problems[0][1] if problems else "all its parts are missing"
            if problems and not note:
                have = problems[0][0].split("\n")
                note = (
                    f"its item says {parts} parts, {length or 'some'} bytes, ttl {ttl or 'none'}; "
                    f"there are {have[2]}, {have[4]} bytes, ttl {have[3] or 'none'}"
                )
            what = "missing" if note.endswith("missing") else "changed"
            self._report(what, TEXTS, f"{pk[4:]} {name.partition('#')[0]}", pk, f"{name}#", note=note)
        orphans = self._open(
            "SELECT record, mark FROM texts t WHERE mark <> 'reference' AND NOT EXISTS "
            "(SELECT 1 FROM texts r WHERE r.record IN (t.record, t.bare) AND r.mark = 'reference') "
            "ORDER BY record"
        )
        for record, problem in orphans:
            pk, name = record.split("\n")[:2]
            if (pk, name) not in told:
                owner = f"{pk[4:]} {name.partition('#')[0]}"
                note = problem or "no item refers to this text"
                self._report("extra", TEXTS, owner, pk, f"{name}#", note=note)
