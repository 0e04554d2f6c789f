"""Compares single records of source and table again, behind the barrier, until each has settled.

A difference is persistent when the row was the same before and after, everything that was committed before the barrier
was applied, and the items differ all the same; twice, because a row may change to and fro. Any other is moving.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from api.dynamodb.schema.entities import PK, SK, USAGE_ACTIONS
from api.dynamodb.schema.keys import usage_pk
from live.follow.batch import Unit
from live.follow.ledger import Key, Ledger
from live.source.server import SourceServer
from migration.dead_letters import STEP_BY_NAME
from migration.errors import MigrationError
from migration.mapping import USAGE, Row
from migration.source import LegacyDatabase
from migration.stored_records import StoredRecords
from migration.verify.differences import DifferenceLog, ItemDifference, compare, identity
from migration.verify.digest import render
from migration.verify.item_kinds import STEP_OF, TEXTS
from migration.verify.item_records import ItemRecognizer
from migration.verify.ledgers import unpack
from migration.verify.sample import RecordComparison
from migration.verify.source_digest import ExpectedRows
from migration.verify.verification import VerificationJob

ATTEMPTS = 6
PERSISTENT_AFTER = 2
WAIT_SECONDS = 60.0
_WIDTH = 1 << 62
_CHUNK = 500
_BATCH = 25


class Subject(NamedTuple):
    """What is compared as a whole: the records of a row, or for usage logs those of a user."""

    step: str
    id: int


@dataclass
class Outcome:
    """What became of the subjects: agreeing, persistently different, or still moving after the last attempt."""

    checked: int = 0
    persistent: list[ItemDifference] = field(default_factory=list)
    moving: set[Subject] = field(default_factory=set)


def wait_for_mark(server: SourceServer, ledger: Ledger, seconds: float = WAIT_SECONDS) -> None:
    """The barrier: returns when everything that was committed before this call is applied to the table.

    Raises `MigrationError` when no process follows.
    """
    number = server.mark(time.time_ns() // 1_000)
    deadline = time.monotonic() + seconds
    while int(ledger.report("status").get("mark", 0)) < number:
        if time.monotonic() > deadline:
            raise MigrationError(
                f"nothing was applied for {seconds:.0f} s: is make dynamodb-live-start running? See "
                "make dynamodb-live-status"
            )
        time.sleep(0.05)


class Recheck:
    """Compares subjects again. `open_job` opens the comparison with the present dead letters."""

    def __init__(
        self,
        server: SourceServer,
        database: LegacyDatabase,
        ledger: Ledger,
        open_job: Callable[[], VerificationJob],
        barrier: Callable[[SourceServer, Ledger], None] = wait_for_mark,
    ) -> None:
        self._server, self._database, self._ledger = server, database, ledger
        self._open_job, self._barrier = open_job, barrier

    def run(self, suspects: Mapping[Subject, set[Key]]) -> Outcome:
        """Compares each subject, with items at these keys beside those that it should have and those of the ledger."""
        outcome = Outcome(len(suspects))
        open_subjects = sorted(suspects)
        for start in range(0, len(open_subjects), _CHUNK):
            chunk = open_subjects[start : start + _CHUNK]
            self._settle({subject: suspects[subject] for subject in chunk}, outcome)
        return outcome

    def _settle(self, suspects: Mapping[Subject, set[Key]], outcome: Outcome) -> None:
        strikes: dict[Subject, int] = dict.fromkeys(suspects, 0)
        remaining = set(suspects)
        for _ in range(ATTEMPTS):
            before = self._rows(remaining)
            self._barrier(self._server, self._ledger)
            job = self._open_job()
            differences = {
                subject: self._differences(job, subject, before[subject], suspects[subject])
                for subject in remaining
            }
            job.transport.close()
            after = self._rows(subject for subject in remaining if differences[subject])
            for subject, of_subject in differences.items():
                if not of_subject:
                    remaining.discard(subject)
                elif before[subject] == after[subject]:
                    strikes[subject] += 1
                    if strikes[subject] >= PERSISTENT_AFTER:
                        remaining.discard(subject)
                        outcome.persistent += of_subject
            if not remaining:
                return
        outcome.moving |= remaining

    def _rows(self, subjects: Iterable[Subject]) -> dict[Subject, list[Row]]:
        """The rows of each subject, as the source has them now."""
        rows: dict[Subject, list[Row]] = {}
        for subject in subjects:
            step = STEP_BY_NAME[subject.step]
            column = "user_id" if step is USAGE else "id"
            names = ", ".join(f"`{name}`" for name in step.column_names)
            rows[subject] = [
                list(row)
                for row in self._database.query(
                    f"SELECT {names} FROM {self._database.table(step.table)} WHERE `{column}` = %s ORDER BY `id`",
                    [subject.id],
                )
            ]
        return rows

    def _differences(
        self, job: VerificationJob, subject: Subject, rows: list[Row], keys: set[Key]
    ) -> list[ItemDifference]:
        step = STEP_BY_NAME[subject.step]
        log = DifferenceLog(None)
        expected = []
        for entry in ExpectedRows(step, job.policy, _WIDTH)(iter(rows)):
            if entry.unmovable:
                kind = next(kind for kind, owner in STEP_OF.items() if owner == step.name)
                note = f"it cannot be moved and is no dead letter: {entry.unmovable}"
                log.add(
                    ItemDifference("unmovable", kind, str(entry.row_id), "", "", note=note, step=step.name)
                )
            expected += entry.records
        if step is USAGE:
            self._compare_usage(job, subject.id, {(r[PK]["S"], r[SK]["S"]): (k, r) for k, r in expected}, log)
            return log.listed
        comparison = RecordComparison(job, log)
        for start in range(0, len(expected), _BATCH):
            comparison.compare(expected[start : start + _BATCH])
        expected_keys = {(record[PK]["S"], record[SK]["S"]) for _, record in expected}
        own = keys | self._ledger.keys_of(Unit(subject.step, subject.id))
        # Parts of texts are compared with the items that refer to them.
        surplus = sorted(key for key in own - expected_keys if not key[0].startswith("TXT#"))
        stored = StoredRecords(job.transport, job.settings.table_name)
        for start in range(0, len(surplus), _BATCH):
            for (pk, sk), item in stored.get(surplus[start : start + _BATCH]).items():
                if _belongs_to(item, subject):
                    note = "the source's row does not have it"
                    log.add(
                        ItemDifference("extra", "item", str(subject.id), pk, sk, note=note, step=step.name)
                    )
        return log.listed

    def _compare_usage(
        self,
        job: VerificationJob,
        user_id: int,
        expected: dict[Key, tuple[str, Mapping[str, object]]],
        log: DifferenceLog,
    ) -> None:
        """Compares all logs and counters of a user, with ledgers taken apart."""
        recognizer = ItemRecognizer(job.policy, {USAGE.name: _WIDTH})
        stored = StoredRecords(job.transport, job.settings.table_name)
        for action in USAGE_ACTIONS:
            for stored_item in stored.partition(usage_pk(user_id, action)):
                for item in (*unpack(stored_item, job.policy.time_zone), stored_item):
                    pk, sk = item[PK]["S"], item[SK]["S"]
                    recognized = recognizer.recognize(item)
                    if recognized is None or recognized.left_out:
                        continue
                    kind, record = expected.pop((pk, sk), (recognized.kind, None))
                    number = identity(kind, item, pk, sk)[0]
                    if record is None:
                        log.add(ItemDifference("extra", kind, number, pk, sk, step=USAGE.name))
                    elif render(item) != render(record) and (details := compare(kind, record, item)):
                        log.add(ItemDifference("changed", kind, number, pk, sk, details, step=USAGE.name))
        for (pk, sk), (kind, record) in expected.items():
            number = identity(kind, record, pk, sk)[0]
            log.add(ItemDifference("missing", kind, number, pk, sk, step=USAGE.name))


def _belongs_to(item: Mapping[str, Mapping[str, object]], subject: Subject) -> bool:
    """Whether an item is the subject's own: a guard may have gone over to another row."""
    if item[SK]["S"] != "GUARD":
        return True
    return any(value.get("N") == str(subject.id) for name, value in item.items() if name not in (PK, SK))


def subjects_of(differences: Iterable[ItemDifference]) -> Iterator[tuple[Subject | None, ItemDifference]]:
    """The subject of each difference; None for one that names no row."""
    for difference in differences:
        pk = difference.pk
        if difference.kind in ("usage_log", "usage_day") and pk:
            yield Subject(USAGE.name, int(pk.split("#")[1])), difference
        elif difference.kind == TEXTS and difference.step != USAGE.name and pk.count("#") == 2:
            yield Subject(difference.step, int(pk.rpartition("#")[2])), difference
        elif difference.id.isdecimal() and difference.step in STEP_BY_NAME and difference.step != USAGE.name:
            yield Subject(difference.step, int(difference.id)), difference
        else:
            yield None, difference
