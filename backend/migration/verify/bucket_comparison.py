"""Compares the records of buckets whose digests differ, read again from both sides, one by one.

The records are kept in a temporary SQLite file, so memory is bounded.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from typing import Any

from api.dynamodb.schema.entities import PK, SK, TTL
from config.environment import Source
from migration.source import LegacyDatabase
from migration.verify.absence_policy import AbsencePolicy
from migration.verify.differences import (
    DifferenceLog,
    ItemDifference,
    compare,
    identity,
    step_of,
    surplus_note,
)
from migration.verify.digest import RecordDigests, differing_buckets, hash_of
from migration.verify.item_keys import kind_of
from migration.verify.item_kinds import KINDS, STEP_OF, TEXTS, UNKNOWN, Bucket
from migration.verify.item_records import UNKNOWN_BUCKET
from migration.verify.scan_notes import ScanNotes
from migration.verify.source_digest import STEP_BY_NAME, ExpectedRow, add_expected, expected_rows
from migration.verify.table_digest import StoredRecord, TableReader, TextNote
from migration.verify.text_parts import TextRecord, examine, text_bucket, text_hash, without_length

# `logical` is what should occur only once among the records of a kind; `bare` is a text's record without its length.
_SCHEMA = """
CREATE TABLE stored (kind TEXT, pk TEXT, sk TEXT, logical TEXT, record BLOB, state INTEGER DEFAULT 0);
CREATE TABLE expected (
    kind TEXT, row_id TEXT, bucket INTEGER, pk TEXT, sk TEXT, logical TEXT, record BLOB, state INTEGER DEFAULT 0
);
CREATE TABLE texts (record TEXT, pk TEXT, name TEXT, mark TEXT, bare TEXT);
CREATE TABLE reported_texts (pk TEXT, name TEXT, PRIMARY KEY (pk, name)) WITHOUT ROWID;
"""
_INDEXES = """
CREATE INDEX stored_key ON stored (pk, sk);
CREATE INDEX stored_logical ON stored (kind, logical);
CREATE INDEX texts_record ON texts (record);
CREATE INDEX texts_bare ON texts (bare);
"""
_OPEN, _AGREES, _REPORTED = 0, 1, 2
_PAGE_ROWS = 500


class BucketComparison:
    """One comparison of the records of differing buckets; adds each difference to the log.

    `clock` returns the time in epoch seconds: what has expired by the time it is missed is no difference.
    """

    def __init__(
        self,
        table: TableReader,
        policy: AbsencePolicy,
        widths: Mapping[str, int],
        last_keys: Mapping[str, tuple[int, ...] | None],
        log: DifferenceLog,
        clock: Callable[[], int],
    ) -> None:
        self._table = table
        self._policy = policy
        self._widths = widths
        self._last_keys = last_keys
        self._log = log
        self._clock = clock
        self.buckets: frozenset[Bucket] = frozenset()
        # What the buckets should hold, less what is explained; compared with what was read when nothing was reported.
        self._expected = RecordDigests()
        # Scanning threads insert one at a time.
        self._db = sqlite3.connect("", isolation_level=None, check_same_thread=False)

    def run(self, source: Source, buckets: set[Bucket]) -> None:
        """Compares the buckets. Raises sqlite3.OperationalError when the temporary folder is full."""
        with closing(self._db):
            reported_before = self._log.total
            self.buckets = frozenset({*buckets, UNKNOWN_BUCKET})
            self._db.executescript(_SCHEMA)
            self._db.execute("BEGIN")
            with closing(ScanNotes()) as notes:
                table = self._table.digest(notes, self)
            for statement in _INDEXES.strip().splitlines():
                self._db.execute(statement)
            with LegacyDatabase(source) as database:
                for step, width in self._widths.items():
                    for expected in expected_rows(
                        database, STEP_BY_NAME[step], self._policy, width, buckets, self._last_keys[step]
                    ):
                        add_expected(self._expected, expected)
                        self._add_expected(step, expected)
            self._expected.merge(table.references)
            self._report_changed()
            self._report_misplaced()
            self._report_missing()
            self._report_surplus()
            self._report_broken_texts(table.items)
            self._report_orphaned_texts(table.items)
            if self._log.total == reported_before:
                self._report_unexplained(table.items)

    def add_records(self, records: list[StoredRecord]) -> None:
        """Adds records of the table; called by `TableReader.digest`."""
        self._db.executemany(
            "INSERT INTO stored (kind, pk, sk, logical, record) VALUES (?, ?, ?, ?, ?)",
            [
                (kind, pk, sk, identity(kind, json.loads(data), pk, sk)[1], data)
                for kind, _, pk, sk, data in records
            ],
        )

    def add_texts(self, texts: list[TextNote]) -> None:
        """Adds texts of the table and references to them; called by `TableReader.digest`."""
        rows = []
        for record, mark in texts:
            text = TextRecord.parse(record)
            rows.append((record, text.pk, text.name, mark, without_length(record)))
        self._db.executemany("INSERT INTO texts VALUES (?, ?, ?, ?, ?)", rows)

    def _add_expected(self, step: str, expected: ExpectedRow) -> None:
        """Marks the stored records that agree; adds the other expected records to the table `expected`."""
        if expected.unmovable:
            note = f"it cannot be moved and is in no dead-letter file: {expected.unmovable}"
            self._report("unmovable", KINDS[step][0], str(expected.row_id), "", "", note=note, step=step)
        for (kind, record), data in zip(expected.records, expected.rendered, strict=True):
            pk, sk = record[PK]["S"], record[SK]["S"]
            stored = self._db.execute(
                "SELECT rowid, record FROM stored WHERE pk = ? AND sk = ?", (pk, sk)
            ).fetchone()
            if stored is not None and stored[1] == data:
                self._mark("stored", stored[0], _AGREES)
                continue
            number, logical = identity(kind, record, pk, sk)
            self._db.execute(
                "INSERT INTO expected (kind, row_id, bucket, pk, sk, logical, record) VALUES (?, ?, ?, ?, ?, ?, ?)",
                (kind, number or str(expected.row_id), expected.bucket[1], pk, sk, logical, data),
            )

    def _report_changed(self) -> None:
        """Expected records with a different record at their key."""
        pairs = (
            "SELECT e.rowid, s.rowid, e.kind, e.bucket, e.row_id, e.pk, e.sk, e.record, s.record FROM expected e "
            "JOIN stored s ON s.pk = e.pk AND s.sk = e.sk WHERE 1 = 1"
        )
        for expected_row, stored_row, kind, bucket, number, pk, sk, expected, stored in self._pages(pairs):
            details = compare(kind, json.loads(expected), json.loads(stored))
            self._mark("expected", expected_row, _REPORTED)
            self._mark("stored", stored_row, _REPORTED if details else _AGREES)
            if details:
                self._report("changed", kind, number, pk, sk, details=details)
            else:  # numbers of one value in two spellings
                self._expected.add((STEP_OF[kind], bucket), 0, hash_of(stored) - hash_of(expected))

    def _report_misplaced(self) -> None:
        """Expected records that are stored under another key."""
        unmatched = (
            f"SELECT e.rowid, kind, row_id, pk, sk, logical, record FROM expected e WHERE state = {_OPEN}"
        )
        for row, kind, number, pk, sk, logical, expected in self._pages(unmatched):
            stored = self._db.execute(
                f"SELECT rowid, pk, sk, record FROM stored WHERE kind = ? AND logical = ? AND state = {_OPEN} LIMIT 1",
                (kind, logical),
            ).fetchone()
            if stored is None:
                continue
            stored_row, stored_pk, stored_sk, record = stored
            self._mark("expected", row, _REPORTED)
            self._mark("stored", stored_row, _REPORTED)
            details = compare(kind, json.loads(expected), json.loads(record))
            note = f"it should be at {pk} / {sk}"
            self._report("misplaced", kind, number, stored_pk, stored_sk, details=details, note=note)

    def _report_missing(self) -> None:
        for kind, bucket, number, pk, sk, record in self._query(
            f"SELECT kind, bucket, row_id, pk, sk, record FROM expected WHERE state = {_OPEN} ORDER BY rowid"
        ):
            ttl = json.loads(record).get(TTL)
            if ttl is not None and int(ttl["N"]) <= self._clock():
                self._expected.add((STEP_OF[kind], bucket), -1, -hash_of(record))
            else:
                self._report("missing", kind, number, pk, sk)

    def _report_surplus(self) -> None:
        """Stored records that are not expected."""
        surplus = self._query(
            f"SELECT kind, pk, sk, record, (SELECT s.pk || ' / ' || s.sk FROM stored s "
            f"WHERE s.kind = stored.kind AND s.logical = stored.logical AND s.state <> {_OPEN} LIMIT 1) "
            f"FROM stored WHERE state = {_OPEN} ORDER BY pk, sk"
        )
        for kind, pk, sk, record, original in surplus:
            number = identity(kind, json.loads(record), pk, sk)[0]
            if kind == UNKNOWN:
                kind_by_key = kind_of(pk, sk)
                if kind_by_key == UNKNOWN:
                    problem, note = "extra", "no kind of item has such a key"
                else:
                    problem, note = "unreadable", "it cannot be read"
                self._report(problem, kind_by_key, number, pk, sk, note=note)
            elif original is not None:
                in_ledger = "it is in the ledger of its day as well"
                note = in_ledger if original == f"{pk} / {sk}" else f"it is also at {original}"
                self._report("duplicated", kind, number, pk, sk, note=note)
            else:
                self._report("extra", kind, number, pk, sk, note=surplus_note(self._policy, kind, number))

    def _report_broken_texts(self, stored: RecordDigests) -> None:
        """References without a complete matching text."""
        for record, name in self._query(
            "SELECT r.record, t.record FROM texts r JOIN texts t ON t.bare = r.record "
            "WHERE r.mark = 'reference' AND t.mark = ''"
        ):  # references of the form that has no length
            self._expected.add(
                text_bucket(TextRecord.parse(record).pk), 0, text_hash(name) - text_hash(record)
            )
        broken = self._query(
            "SELECT record FROM texts r WHERE mark = 'reference' AND NOT EXISTS "
            "(SELECT 1 FROM texts t WHERE (t.record = r.record OR t.bare = r.record) AND t.mark = '') "
            "ORDER BY record"
        )
        for (record,) in broken:
            reference = TextRecord.parse(record)
            key = (reference.pk, reference.name)
            self._db.execute("INSERT OR IGNORE INTO reported_texts VALUES (?, ?)", key)
            if self._has_expired(reference):
                self._expected.add(text_bucket(reference.pk), -1, -text_hash(record))
                self._forget_texts(stored, key)
                continue
            note = self._text_problem(reference)
            problem = "missing" if note.endswith("missing") else "changed"
            self._report(problem, TEXTS, reference.owner, reference.pk, f"{reference.name}#", note=note)

    def _text_problem(self, reference: TextRecord) -> str:
        """How the text that is stored differs from the reference; its parts are read again."""
        examined = list(
            examine(reference.pk, reference.name, self._table.parts(reference.pk, reference.name))
        )
        if not examined:
            return "all its parts are missing"
        record, problem = examined[0]
        text = TextRecord.parse(record)
        return problem or (
            f"its item says {reference.parts} parts, {reference.length or 'some'} bytes, "
            f"ttl {reference.ttl or 'none'}; there are {text.parts}, {text.length} bytes, ttl {text.ttl or 'none'}"
        )

    def _report_orphaned_texts(self, stored: RecordDigests) -> None:
        """Texts without a reference, except those of broken references, which are reported already."""
        orphans = self._query(
            "SELECT record, pk, name, mark FROM texts t WHERE mark <> 'reference' AND NOT EXISTS "
            "(SELECT 1 FROM texts r WHERE r.record IN (t.record, t.bare) AND r.mark = 'reference') "
            "AND NOT EXISTS (SELECT 1 FROM reported_texts b WHERE b.pk = t.pk AND b.name = t.name) ORDER BY record"
        )
        for record, pk, name, problem in orphans:
            text = TextRecord.parse(record)
            if self._has_expired(text):
                self._forget_texts(stored, (pk, name))
            else:
                note = problem or "no item refers to this text"
                self._report("extra", TEXTS, text.owner, pk, f"{name}#", note=note)

    def _has_expired(self, text: TextRecord) -> bool:
        return text.ttl.isdecimal() and int(text.ttl) <= self._clock()

    def _forget_texts(self, stored: RecordDigests, key: tuple[str, str]) -> None:
        """Takes what is left of an expired text out of the digests of the table."""
        texts = self._db.execute(
            "SELECT record FROM texts WHERE pk = ? AND name = ? AND mark <> 'reference'", key
        )
        for (record,) in texts.fetchall():
            stored.add(text_bucket(key[0]), -1, -text_hash(record))

    def _report_unexplained(self, stored: RecordDigests) -> None:
        """Buckets that differ although no record of theirs was reported: never agreement."""
        for step, number in sorted(differing_buckets(self._expected, stored) & self.buckets):
            kind = KINDS[step][0] if step in KINDS else step
            width = self._widths.get(step, 1)
            where = (
                f"ids {number * width} to {(number + 1) * width - 1}" if step in KINDS and number >= 0 else ""
            )
            note = "source and table differ here, but no item does: please report this as a fault"
            self._report(
                "unexplained", kind, where, "", "", note=note, step=step if step in KINDS else "unknown"
            )

    def _report(self, problem: str, kind: str, number: str, pk: str, sk: str, **fields: Any) -> None:
        fields.setdefault("step", step_of(kind, pk))
        self._log.add(ItemDifference(problem, kind, number, pk, sk, **fields))

    def _mark(self, table: str, row: int, state: int) -> None:
        self._db.execute(f"UPDATE {table} SET state = ? WHERE rowid = ?", (state, row))

    def _query(self, sql: str) -> Iterator[tuple[Any, ...]]:
        """The rows of a query, 500 at a time; the tables must not change meanwhile."""
        cursor = self._db.execute(sql)
        while rows := cursor.fetchmany(_PAGE_ROWS):
            yield from rows

    def _pages(self, sql: str) -> Iterator[tuple[Any, ...]]:
        """The rows of a query over `expected e`, in pages by its rowid, the first column; rows may be marked."""
        last = 0
        while rows := self._db.execute(
            f"{sql} AND e.rowid > ? ORDER BY e.rowid LIMIT {_PAGE_ROWS}", (last,)
        ).fetchall():
            yield from rows
            last = rows[-1][0]
