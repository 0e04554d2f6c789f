"""A quick look: random rows of each table against their items, by keys computed here; no scan."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from typing import Any

from api.dynamodb.transport import pause_before
from config.environment import Environment
from migration.errors import MigrationError
from migration.mapping import Row, Step
from migration.patience import GIVE_UP_SECONDS, patiently
from migration.source import LegacyDatabase
from migration.verify.describe import Difference, compare, identity
from migration.verify.digest import render
from migration.verify.drill import Differences
from migration.verify.kinds import KINDS, STEP_OF, TEXTS
from migration.verify.observe import Observer
from migration.verify.run import Job, KindLine, Options, Verification, open_job
from migration.verify.source_side import Expecter
from migration.verify.table_side import TableSide
from migration.verify.texts import examine, without_length
from migration.verify.values import Record

_BATCH = 25
_LONGEST_STEP = 8
_WIDTH = 1 << 62
_SMALL = 200_000


def _pick(database: LegacyDatabase, step: Step, number: int) -> list[Row]:
    """Random rows of a step, each once, fewer when the table is small.

    Up to 200,000 rows every row is as likely; of a larger table, the row at or behind a random id is taken.
    """
    chance = random.SystemRandom()
    if database.count(step) <= _SMALL:
        ids = [int(row[0] or 0) for row in database.query(f"SELECT id FROM {step.table}")]
        chosen = chance.sample(ids, min(number, len(ids)))
    else:
        ((first, last),) = database.query(f"SELECT MIN(id), MAX(id) FROM {step.table}")
        chosen = [chance.randint(int(first or 0), int(last or 0)) for _ in range(number)]
    columns = ", ".join(f"`{name}`" for name in step.column_names)
    at_or_behind = f"SELECT {columns} FROM `{step.table}` WHERE id >= %s ORDER BY id LIMIT 1"
    found = {row[0]: row for at in chosen for row in database.query(at_or_behind, [at])}
    return list(found.values())


class _Sample:
    """Compares records with their items, a batch of keys at a time."""

    def __init__(self, job: Job, found: Differences) -> None:
        widths = {step.name: _WIDTH for step in job.steps}
        self._job = job
        self._table = job.settings.table_name
        self._found = found
        self._observer = Observer(job.policy, widths)
        self._side = TableSide(job.transport, self._table, job.policy, widths, 1, 1)
        self.there: Counter[str] = Counter()

    def compare(self, wanted: list[tuple[str, Record]]) -> None:
        """Adds what differs."""
        items = {(item["PK"]["S"], item["SK"]["S"]): item for item in self._fetch(wanted)}
        for kind, record in wanted:
            pk, sk = record["PK"]["S"], record["SK"]["S"]
            number, step = identity(kind, record, pk, sk)[0], STEP_OF[kind]
            item = items.get((pk, sk))
            if item is None:
                self._found.add(Difference("missing", kind, number, pk, sk, step=step))
                continue
            self.there[kind] += 1
            seen = self._observer.observe(item)
            if render(item) != render(record):
                details = compare(kind, record, item)
                if details:
                    self._found.add(Difference("changed", kind, number, pk, sk, details, step=step))
            for reference in seen.references if seen else ():
                self._text(reference, step)

    def _text(self, reference: str, step: str) -> None:
        pk, name = reference.split("\n")[:2]
        (record, problem), *_ = [
            *examine(pk, name, self._side.parts(pk, name)),
            ("", "all its parts are missing"),
        ]
        if not problem and reference not in (record, without_length(record)):
            problem = "its parts are not those that its item refers to"
        if problem:
            owner = f"{pk[4:]} {name.partition('#')[0]}"
            self._found.add(Difference("changed", TEXTS, owner, pk, f"{name}#", note=problem, step=step))

    def _fetch(self, wanted: list[tuple[str, Record]]) -> Iterator[dict[str, Any]]:
        keys = [{"PK": record["PK"], "SK": record["SK"]} for _, record in wanted]
        asked, fruitless = time.monotonic(), 0
        while keys:
            request = {self._table: {"Keys": keys, "ConsistentRead": True}}
            answer = patiently(self._job.transport, "BatchGetItem", {"RequestItems": request})
            yield from (answer.get("Responses") or {}).get(self._table, [])
            left = (answer.get("UnprocessedKeys") or {}).get(self._table, {}).get("Keys", [])
            if len(left) < len(keys):
                asked, fruitless = time.monotonic(), 0
            elif time.monotonic() - asked > GIVE_UP_SECONDS:
                raise MigrationError(
                    f"{self._table} has left the keys of a BatchGetItem unread for {GIVE_UP_SECONDS:.0f} s: "
                    "verify again when it is less busy, or raise its read capacity"
                )
            keys = left
            if keys:
                fruitless += 1
                time.sleep(pause_before(min(fruitless, _LONGEST_STEP)))


def verify_sample(
    settings: Environment, options: Options, number: int, now: datetime | None = None
) -> Verification:
    """Compares `number` random rows of each table, with all that is derived from each but day counters.

    Raises `MigrationError` or `DataLayerError` when the two cannot be compared.
    """
    begun = time.perf_counter()
    job = open_job(settings, options, now)
    found = Differences(job.limit)
    sample = _Sample(job, found)
    ignored: Counter[str] = Counter()
    wanted: Counter[str] = Counter()
    rows = 0
    with closing(job.transport), LegacyDatabase(job.source) as database:
        for step in job.steps:
            records: list[tuple[str, Record]] = []
            for row in _pick(database, step, number):
                rows += 1
                for expectation in Expecter(step, job.policy, _WIDTH)(iter([row])):
                    if expectation.ignored:
                        ignored[expectation.ignored] += 1
                    if expectation.unmovable:
                        kind, note = KINDS[step.name][0], f"it cannot be moved: {expectation.unmovable}"
                        row_id = str(expectation.row_id)
                        found.add(Difference("unmovable", kind, row_id, "", "", note=note, step=step.name))
                    records += [entry for entry in expectation.records if entry[0] != "usage_day"]
            wanted.update(kind for kind, _ in records)
            for start in range(0, len(records), _BATCH):
                sample.compare(records[start : start + _BATCH])
    lines = [
        KindLine(kind, wanted[kind], sample.there[kind], found.by_kind[kind])
        for step in job.steps
        for kind in KINDS[step.name]
        if kind != "usage_day"
    ]
    return Verification(
        "sample", lines, rows, sum(sample.there.values()), time.perf_counter() - begun, found,
        ignored, Counter(), job.dead, job.letters, job.notes,
    )  # fmt: skip
