"""The source's side of a comparison: digests what the table should hold, in this process or in one beside it."""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from config.environment import Source
from migration.errors import MigrationError
from migration.mapping import STEPS, Row, Step
from migration.source import LegacyDatabase
from migration.verify.digest import Digests, number_of, render
from migration.verify.expect import COLUMNS, EXPECT, Expected, local_day, usage_day
from migration.verify.kinds import OUTSIDE, Bucket, bucket_number
from migration.verify.policy import Policy
from migration.verify.values import Unmovable

STEP_BY_NAME = {step.name: step for step in STEPS}
# A row that cannot be moved and is not known for it makes its bucket differ.
_POISON = 1
# Stands for NULL where a user's id should be; such rows share the bucket of impossible ids.
_NOBODY = -1
# The beginning of a table, before its negative ids and before NULL.
FIRST_OF_ALL = -(2**62)


@dataclass
class Expectation:
    """What one row (or the days of one user) makes expected: its id for people, its bucket, its records."""

    row_id: int
    bucket: Bucket
    records: Expected = field(default_factory=list)
    unmovable: str = ""
    ignored: str = ""


class Expecter:
    """Goes through rows of one step, in order, and says what each makes expected."""

    def __init__(self, step: Step, policy: Policy, width: int) -> None:
        if step.column_names != COLUMNS[step.name]:
            raise MigrationError(
                f"the verification does not know the columns of {step.table} as they are read"
            )
        self._step = step
        self._policy = policy
        self._width = width
        self._convert = EXPECT[step.name]
        self._dead = policy.dead_rows(step.name)
        self._group = 1 if step.name == "usage" else 0

    def __call__(self, rows: Iterator[Row]) -> Iterator[Expectation]:
        """One expectation a row; for usage logs, one more for each user."""
        usage = self._step.name == "usage"
        days: dict[tuple[str, str], int] = {}
        group = 0
        for row in rows:
            row_id, owner = int(row[0] or 0), row[self._group]
            last, group = group, _NOBODY if owner is None else int(owner)
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

    def _row(self, row: Row, row_id: int, bucket: Bucket) -> Expectation:
        if self._dead and row_id in self._dead:
            return Expectation(row_id, bucket, ignored="dead-lettered")
        try:
            records = self._convert(row, self._policy)
        except (Unmovable, ValueError, TypeError, OverflowError, UnicodeError) as error:
            return Expectation(row_id, bucket, unmovable=str(error) or "it cannot be read")
        return Expectation(row_id, bucket, records, ignored="" if records else "expired")

    def _counters(self, user_id: int, days: Mapping[tuple[str, str], int]) -> Expectation:
        found = Expectation(user_id, (self._step.name, bucket_number(user_id, self._width)))
        for (action, day), count in days.items():
            record = usage_day(user_id, action, day, count, self._policy)
            if record is not None:
                found.records.append(("usage_day", record))
        return found


@dataclass(frozen=True)
class SourceJob:
    """What the source's side is to digest; it travels to the process beside."""

    source: Source
    policy: Policy
    widths: Mapping[str, int]
    until: Mapping[str, tuple[int, ...] | None]


def digest_source(job: SourceJob, stop: Callable[[], bool] = lambda: False) -> Digests:
    """Digests every row of the job's steps. Raises `MigrationError` when the source cannot be read."""
    found = Digests()
    with LegacyDatabase(job.source) as database:
        for name, width in job.widths.items():
            until = job.until[name]
            if until is None:
                continue
            expect = Expecter(STEP_BY_NAME[name], job.policy, width)
            for expectation in expect(_counted(database.rows(STEP_BY_NAME[name], None, until), found, name)):
                _add(found, expectation)
                if stop():
                    return found
    return found


def _counted(rows: Iterator[Row], found: Digests, step: str) -> Iterator[Row]:
    """The rows as they come; how many there were is added up in the end."""
    number = 0
    for row in rows:
        number += 1
        yield row
    found.rows[step] = number


def _add(found: Digests, expectation: Expectation) -> None:
    if expectation.ignored:
        found.ignored[expectation.ignored] += 1
    if expectation.unmovable:
        found.add(expectation.bucket, 1, _POISON)
    total = 0
    for kind, record in expectation.records:
        found.kinds[kind] += 1
        total += number_of(render(record))
    if total:
        found.add(expectation.bucket, len(expectation.records), total)


class Beside:
    """Digests the source while the table is being scanned: in a thread, or in a process for many rows."""

    def __init__(self, job: SourceJob, *, process: bool) -> None:
        self._job = job
        self._stopping = threading.Event()
        self._result: Digests | BaseException = MigrationError("the source was not read")
        self._process: Any = None
        if process:
            context = multiprocessing.get_context("spawn")
            self._pipe, theirs = context.Pipe(duplex=False)
            self._process = context.Process(target=_in_process, args=(job, theirs), daemon=True)
            self._process.start()
            theirs.close()
        self._thread = threading.Thread(target=self._run, name="source", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            if self._process is None:
                self._result = digest_source(self._job, self._stopping.is_set)
            else:
                self._result = self._pipe.recv()
        except EOFError:
            self._result = MigrationError("the process that reads the source ended before its work was done")
        except BaseException as error:
            self._result = error

    def __enter__(self) -> Beside:
        return self

    def __exit__(self, *exc: object) -> None:
        self._stopping.set()
        if self._process is not None:
            if self._process.is_alive():
                self._process.terminate()
            self._process.join(timeout=10)
        self._thread.join(timeout=10)

    def result(self) -> Digests:
        """The digests, when they are complete. Raises what went wrong."""
        while self._thread.is_alive():
            self._thread.join(0.25)
        if isinstance(self._result, BaseException):
            raise self._result
        return self._result


def _in_process(job: SourceJob, pipe: Any) -> None:
    """The process beside: sends the digests, or the one-line reason why there are none."""
    result: Digests | MigrationError
    try:
        result = digest_source(job)
    except MigrationError as error:
        result = error
    except KeyboardInterrupt:
        return
    pipe.send(result)


def ranges(buckets: set[Bucket], step: str, width: int) -> Iterator[tuple[int, int]]:
    """The id ranges (first, last) that the step's buckets cover, adjoining ones as one."""
    if (step, OUTSIDE) in buckets:
        yield FIRST_OF_ALL, -1
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


def expectations(
    database: LegacyDatabase, step: Step, policy: Policy, width: int, buckets: set[Bucket]
) -> Iterator[Expectation]:
    """The expectations of the rows in `buckets`, read again."""
    most = 2**63 - 1
    expect = Expecter(step, policy, width)
    for first, last in ranges(buckets, step.name, width):
        pair = len(step.order_by) == 2
        after: tuple[int, ...] | None = (first - 1, most) if pair else (first - 1,)
        if first == FIRST_OF_ALL:
            after = None
        until = (last, most) if pair else (last,)
        yield from expect(database.rows(step, after, until))
