"""The verification of a sample: compares random rows of each table with their items, without a scan."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import datetime

from api.dynamodb.schema.entities import PK, SK
from api.dynamodb.transport.retry import (
    BULK_POLICY,
    GIVE_UP_SECONDS,
    backoff_seconds,
    call_through_throttling,
)
from config.environment import Environment
from migration.errors import MigrationError
from migration.mapping import MigrationStep, Row
from migration.source import LegacyDatabase
from migration.verify.differences import DifferenceLog, ItemDifference, compare, identity
from migration.verify.digest import render
from migration.verify.item_kinds import KINDS, STEP_OF, TEXTS
from migration.verify.item_records import Item, ItemRecognizer
from migration.verify.ledgers import ledger_key, unpack
from migration.verify.row_values import Record
from migration.verify.scan import ScanPlan
from migration.verify.source_digest import ExpectedRows
from migration.verify.table_digest import TableReader
from migration.verify.text_parts import TextRecord, examine, without_length
from migration.verify.verification import (
    KindSummary,
    VerificationJob,
    VerificationOptions,
    VerificationReport,
    open_job,
)

_BATCH = 25
_LONGEST_STEP = 8
_WIDTH = 1 << 62
_SMALL = 200_000


def _pick(database: LegacyDatabase, step: MigrationStep, number: int) -> list[Row]:
    """Distinct random rows of a step, at most `number`.

    Up to 200,000 rows all have the same probability; in a larger table, the row at or after a random id is taken.
    """
    rng = random.SystemRandom()
    table = database.table(step.table)
    if database.count(step) <= _SMALL:
        ids = [int(row[0] or 0) for row in database.query(f"SELECT id FROM {table}")]
        chosen = rng.sample(ids, min(number, len(ids)))
    else:
        ((first, last),) = database.query(f"SELECT MIN(id), MAX(id) FROM {table}")
        chosen = [rng.randint(int(first or 0), int(last or 0)) for _ in range(number)]
    columns = ", ".join(f"`{name}`" for name in step.column_names)
    from_id = f"SELECT {columns} FROM {table} WHERE id >= %s ORDER BY id LIMIT 1"
    rows = {row[0]: row for row_id in chosen for row in database.query(from_id, [row_id])}
    return list(rows.values())


class RecordComparison:
    """Compares expected records with their items, one batch of keys at a time."""

    def __init__(self, job: VerificationJob, log: DifferenceLog) -> None:
        widths = {step.name: _WIDTH for step in job.steps}
        self._job = job
        self._table = job.settings.table_name
        self._log = log
        self._recognizer = ItemRecognizer(job.policy, widths)
        self._reader = TableReader(job.transport, self._table, job.policy, widths, ScanPlan(1, 1))
        self.stored: Counter[str] = Counter()

    def compare(self, expected: list[tuple[str, Record]]) -> None:
        """Logs the differences of a batch of (kind, record)."""
        items = self._items(expected)
        for kind, record in expected:
            pk, sk = record[PK]["S"], record[SK]["S"]
            number, step = identity(kind, record, pk, sk)[0], STEP_OF[kind]
            item = items.get((pk, sk))
            if item is None:
                self._log.add(ItemDifference("missing", kind, number, pk, sk, step=step))
                continue
            self.stored[kind] += 1
            recognized = self._recognizer.recognize(item)
            if render(item) != render(record):
                details = compare(kind, record, item)
                if details:
                    self._log.add(ItemDifference("changed", kind, number, pk, sk, details, step=step))
            for reference in recognized.references if recognized else ():
                self._compare_text(reference, step)

    def _compare_text(self, reference: str, step: str) -> None:
        text = TextRecord.parse(reference)
        pk, name = text.pk, text.name
        examined = list(examine(pk, name, self._reader.parts(pk, name)))
        record, problem = examined[0] if examined else ("", "all its parts are missing")
        if not problem and reference not in (record, without_length(record)):
            problem = "its parts are not the ones that its item refers to"
        if problem:
            self._log.add(
                ItemDifference("changed", TEXTS, text.owner, pk, f"{name}#", note=problem, step=step)
            )

    def _items(self, expected: list[tuple[str, Record]]) -> dict[tuple[str, str], Item]:
        """The stored items of the records, by key: a log in the ledger of its day as an item of its own."""
        zone = self._job.policy.time_zone
        keys = [(record[PK]["S"], record[SK]["S"]) for _, record in expected]
        days = [ledger_key(record, zone) for kind, record in expected if kind == "usage_log"]
        items = {(item[PK]["S"], item[SK]["S"]): item for item in self._fetch(dict.fromkeys([*keys, *days]))}
        for key in dict.fromkeys(days):
            for log in unpack(items[key], zone) if key in items else ():
                pk, sk = log[PK]["S"], log[SK]["S"]
                if (pk, sk) in items:
                    number = identity("usage_log", log, pk, sk)[0]
                    note = "it is in the ledger of its day as well"
                    self._log.add(
                        ItemDifference("duplicated", "usage_log", number, pk, sk, note=note, step="usage")
                    )
                items.setdefault((pk, sk), log)
        return items

    def _fetch(self, key_pairs: Iterable[tuple[str, str]]) -> Iterator[Item]:
        keys = [{PK: {"S": pk}, SK: {"S": sk}} for pk, sk in key_pairs]
        progress_at, attempts = time.monotonic(), 0
        while keys:
            request = {self._table: {"Keys": keys, "ConsistentRead": True}}
            response = call_through_throttling(self._job.transport, "BatchGetItem", {"RequestItems": request})
            yield from (response.get("Responses") or {}).get(self._table, [])
            unprocessed = (response.get("UnprocessedKeys") or {}).get(self._table, {}).get("Keys", [])
            if len(unprocessed) < len(keys):
                progress_at, attempts = time.monotonic(), 0
            elif time.monotonic() - progress_at > GIVE_UP_SECONDS:
                raise MigrationError(
                    f"{self._table} has left the keys of a BatchGetItem unread for {GIVE_UP_SECONDS:.0f} s: "
                    "verify again when it is less busy, or raise its read capacity"
                )
            keys = unprocessed
            if keys:
                attempts += 1
                time.sleep(backoff_seconds(min(attempts, _LONGEST_STEP), BULK_POLICY))


def verify_sample(
    settings: Environment, options: VerificationOptions, number: int, now: datetime | None = None
) -> VerificationReport:
    """Compares the items of `number` random rows of each table, without day counters.

    Raises `MigrationError` or `DataLayerError` when the two cannot be compared.
    """
    started = time.perf_counter()
    job = open_job(settings, options, now or options.read_at)
    log = DifferenceLog(job.limit)
    sample = RecordComparison(job, log)
    ignored: Counter[str] = Counter()
    expected_kinds: Counter[str] = Counter()
    rows = 0
    with closing(job.transport), LegacyDatabase(job.source) as database:
        for step in job.steps:
            records: list[tuple[str, Record]] = []
            for row in _pick(database, step, number):
                for expected in ExpectedRows(step, job.policy, _WIDTH)(iter([row])):
                    if expected.ignored:
                        ignored[expected.ignored] += 1
                    elif not expected.records or expected.records[0][0] != "usage_day":
                        rows += 1
                    if expected.unmovable:
                        kind, note = KINDS[step.name][0], f"it cannot be moved: {expected.unmovable}"
                        row_id = str(expected.row_id)
                        log.add(ItemDifference("unmovable", kind, row_id, "", "", note=note, step=step.name))
                    records += [entry for entry in expected.records if entry[0] != "usage_day"]
            expected_kinds.update(kind for kind, _ in records)
            for start in range(0, len(records), _BATCH):
                sample.compare(records[start : start + _BATCH])
    lines = [
        KindSummary(kind, expected_kinds[kind], sample.stored[kind], log.by_kind[kind])
        for step in job.steps
        for kind in KINDS[step.name]
        if kind != "usage_day"
    ]
    return VerificationReport(
        "sample", lines, rows, sum(sample.stored.values()), time.perf_counter() - started, log,
        ignored, Counter(), job.dead, job.letters, job.notes, options.export,
    )  # fmt: skip
