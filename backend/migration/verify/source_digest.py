"""Digests the records expected of the source, in the background while the table is scanned."""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from config.environment import Source
from migration.errors import MigrationError
from migration.mapping import STEPS, MigrationStep, Row
from migration.parts import WHOLE_TABLE, KeyRange
from migration.rows import UndecodableRow
from migration.source import LegacyDatabase
from migration.verify.absence_policy import AbsencePolicy
from migration.verify.digest import RecordDigests, hash_of, render
from migration.verify.expected_items import COLUMNS, ITEM_BUILDERS, ExpectedItems, local_day, usage_day
from migration.verify.item_kinds import OUTSIDE, Bucket, bucket_number
from migration.verify.row_values import Unmovable

STEP_BY_NAME = {step.name: step for step in STEPS}
# Added to the sum of a bucket for a row that cannot be moved and is no dead letter, so that the bucket differs.
_UNMOVABLE = 1
# The user id of usage logs without one; they share the bucket of ids outside the range.
_NO_USER = -1
# Before every id of a table, negative ones included, and before NULL.
FIRST_ID = -(2**62)


@dataclass
class ExpectedRow:
    """The records expected of one row, or the day counters of one user, and their bucket."""

    row_id: int
    bucket: Bucket
    records: ExpectedItems = field(default_factory=list)
    unmovable: str = ""
    ignored: str = ""
    rendered: list[bytes] = field(init=False)

    def __post_init__(self) -> None:
        # Raises TypeError for a text that UTF-8 cannot hold.
        self.rendered = [render(record) for _, record in self.records]


class ExpectedRows:
    """Yields the expected records of one step's rows, which must come in order."""

    def __init__(self, step: MigrationStep, policy: AbsencePolicy, width: int) -> None:
        if step.column_names != COLUMNS[step.name]:
            raise MigrationError(
                f"the verification is not written for the columns of {step.table} that are read"
            )
        self._step = step
        self._policy = policy
        self._width = width
        self._build = ITEM_BUILDERS[step.name]
        self._dead = policy.dead_rows(step.name)
        self._group = 1 if step.name == "usage" else 0

    def __call__(self, rows: Iterator[Row]) -> Iterator[ExpectedRow]:
        """Yields one entry for each row; for usage logs, one more for each user's day counters."""
        usage = self._step.name == "usage"
        days: dict[tuple[str, str], int] = {}
        group = 0
        for row in rows:
            row_id, owner = int(row[0] or 0), row[self._group]
            last, group = group, _NO_USER if owner is None else int(owner)
            if usage:
                if group != last and days:
                    yield self._counters(last, days)
                    days.clear()
                day = local_day(row, self._policy)
                if day is not None:
                    days[day] = days.get(day, 0) + 1
            yield self._row(row, row_id, (self._step.name, bucket_number(group, self._width)))
        if days:
            yield self._counters(group, days)

    def _row(self, row: Row, row_id: int, bucket: Bucket) -> ExpectedRow:
        if self._dead and row_id in self._dead:
            return ExpectedRow(row_id, bucket, ignored="dead-lettered")
        if isinstance(row, UndecodableRow):
            return ExpectedRow(row_id, bucket, unmovable=row.reason(self._step.column_names))
        try:
            records = self._build(row, self._policy)
            return ExpectedRow(row_id, bucket, records, ignored="" if records else "expired")
        except (Unmovable, ValueError, TypeError, OverflowError, UnicodeError, RecursionError) as error:
            return ExpectedRow(row_id, bucket, unmovable=str(error) or "it cannot be read")

    def _counters(self, user_id: int, days: Mapping[tuple[str, str], int]) -> ExpectedRow:
        records = [
            usage_day(user_id, action, day, count, self._policy) for (action, day), count in days.items()
        ]
        return ExpectedRow(
            user_id,
            (self._step.name, bucket_number(user_id, self._width)),
            [("usage_day", record) for record in records if record is not None],
        )


@dataclass(frozen=True)
class SourceDigestJob:
    """The parameters of a source digest; it is pickled when a child process does the work.

    `ranges` has the keys of the rows to read by step; a step that is not in it is read whole.
    """

    source: Source
    policy: AbsencePolicy
    widths: Mapping[str, int]
    until: Mapping[str, tuple[int, ...] | None]
    ranges: Mapping[str, KeyRange] = field(default_factory=dict)


def digest_source(job: SourceDigestJob, stop: Callable[[], bool] = lambda: False) -> RecordDigests:
    """Digests every row of the job's steps; stops early when `stop` returns True.

    Raises `MigrationError` when the source cannot be read.
    """
    digests = RecordDigests()
    with LegacyDatabase(job.source) as database:
        for name, width in job.widths.items():
            until = job.until[name]
            if until is None:
                continue
            step, keys = STEP_BY_NAME[name], job.ranges.get(name, WHOLE_TABLE)
            read = database.rows(step, keys.start(len(step.order_by)), keys.end(until))
            rows = _counted(read, digests, name)
            for expected in ExpectedRows(step, job.policy, width)(rows):
                add_expected(digests, expected)
                if stop():
                    return digests
    return digests


def _counted(rows: Iterator[Row], digests: RecordDigests, step: str) -> Iterator[Row]:
    """Yields the rows; adds their number to the digests at the end."""
    number = 0
    for row in rows:
        number += 1
        yield row
    digests.rows[step] = number


def add_expected(digests: RecordDigests, expected: ExpectedRow) -> None:
    """Adds the records of a row to the digests."""
    if expected.ignored:
        digests.ignored[expected.ignored] += 1
    if expected.unmovable:
        digests.add(expected.bucket, 1, _UNMOVABLE)
    for kind, _ in expected.records:
        digests.kinds[kind] += 1
    if expected.records:
        digests.add(expected.bucket, len(expected.records), sum(map(hash_of, expected.rendered)))


class BackgroundDigest:
    """Digests the source in the background: in a thread, or with `process` in a child process. A context manager."""

    def __init__(self, job: SourceDigestJob, *, process: bool) -> None:
        self._job = job
        self._stopping = threading.Event()
        self._result: RecordDigests | BaseException = MigrationError("the source was not read")
        self._process: Any = None
        if process:
            context = multiprocessing.get_context("spawn")
            self._pipe, child_pipe = context.Pipe(duplex=False)
            self._process = context.Process(target=_digest_in_process, args=(job, child_pipe), daemon=True)
            self._process.start()
            child_pipe.close()
        self._thread = threading.Thread(target=self._run, name="source", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            if self._process is None:
                self._result = digest_source(self._job, self._stopping.is_set)
            else:
                self._result = self._pipe.recv()
        except EOFError:
            self._result = MigrationError("the process that reads the source ended before it was done")
        except BaseException as error:
            self._result = error

    def __enter__(self) -> BackgroundDigest:
        return self

    def __exit__(self, *exc: object) -> None:
        self._stopping.set()
        if self._process is not None:
            if self._process.is_alive():
                self._process.terminate()
            self._process.join(timeout=10)
        self._thread.join(timeout=10)

    def result(self) -> RecordDigests:
        """Waits for the digests. Raises the error of the background work."""
        while self._thread.is_alive():
            self._thread.join(0.25)
        if isinstance(self._result, BaseException):
            raise self._result
        return self._result


def _digest_in_process(job: SourceDigestJob, pipe: Any) -> None:
    """Runs in the child process: sends the digests, or the error, through the pipe."""
    outcome: RecordDigests | MigrationError
    try:
        outcome = digest_source(job)
    except MigrationError as error:
        outcome = error
    except KeyboardInterrupt:
        return
    except Exception as error:
        outcome = MigrationError(f"the source could not be read: unexpected {type(error).__name__}: {error}")
    pipe.send(outcome)


def id_ranges(buckets: set[Bucket], step: str, width: int) -> Iterator[tuple[int, int]]:
    """The id ranges (first, last) that the step's buckets cover; adjacent buckets are one range."""
    if (step, OUTSIDE) in buckets:
        yield FIRST_ID, -1
    numbers = sorted(number for name, number in buckets if name == step and number >= 0)
    first = last = -2
    for number in numbers:
        if number != last + 1:
            if first >= 0:
                yield first * width, (last + 1) * width - 1
            first = number
        last = number
    if first >= 0:
        yield first * width, (last + 1) * width - 1


def expected_rows(
    database: LegacyDatabase,
    step: MigrationStep,
    policy: AbsencePolicy,
    width: int,
    buckets: set[Bucket],
    last_key: tuple[int, ...] | None,
) -> Iterator[ExpectedRow]:
    """Reads the rows in `buckets` up to `last_key` again and yields their expected records."""
    if last_key is None:
        return
    max_id = 2**63 - 1
    expected = ExpectedRows(step, policy, width)
    for first, last in id_ranges(buckets, step.name, width):
        pair = len(step.order_by) == 2
        after: tuple[int, ...] | None = (first - 1, max_id) if pair else (first - 1,)
        if first == FIRST_ID:
            after = None
        until = min((last, max_id) if pair else (last,), last_key)
        yield from expected(database.rows(step, after, until))
