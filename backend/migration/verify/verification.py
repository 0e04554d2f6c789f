"""The full verification: digests source and table, then compares the records of differing buckets."""

from __future__ import annotations

import time
from array import array
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from api.dynamodb.transport.read_only import ReadOnlyTransport
from config.environment import Environment, Source
from migration import checkpoint as checkpoints
from migration.checkpoint import Checkpoint, CheckpointStore
from migration.dead_letters import read as read_letters
from migration.job import open_source
from migration.mapping import MigrationStep, steps_of, utc_midnight
from migration.parts import Part, join_numbers
from migration.progress import ProgressDisplay
from migration.source import LegacyDatabase, check_schema
from migration.source_identity import identify
from migration.target_table import require_ready_table
from migration.verify.absence_policy import AbsencePolicy
from migration.verify.bucket_comparison import BucketComparison
from migration.verify.differences import DifferenceLog, ItemDifference
from migration.verify.digest import RecordDigests, differing_buckets
from migration.verify.expired_items import ExpiredComparison
from migration.verify.export import VerifiedExport
from migration.verify.item_kinds import KINDS, OPERATION, SERVICE_KINDS, TEXTS, UNKNOWN, bucket_width
from migration.verify.row_ids import RowIds
from migration.verify.scan import ReadingTransport, ScanPlan
from migration.verify.scan_notes import ScanNotes, temporary_files
from migration.verify.source_digest import BackgroundDigest, SourceDigestJob
from migration.verify.table_digest import TableDigests, TableReader

PROCESS_ROWS = 20_000
# Some engines remove an item in the second in which it expires, which may happen during the comparison.
GRACE_SECONDS = 600
FIRST = 20


@dataclass(frozen=True)
class VerificationOptions:
    """The command line's options for a verification. With `export`, that is compared instead of the live table."""

    entity: str = "all"
    workers: int = 4
    keep_expired: bool = False
    dead_letter: Path | None = None
    all_differences: bool = False
    ignore_columns: frozenset[str] = frozenset()
    quiet: bool = True
    export: VerifiedExport | None = None

    @property
    def read_at(self) -> datetime | None:
        """The moment of the export, by which items have expired or not; None for the live table."""
        return None if self.export is None else self.export.moment


@dataclass
class KindSummary:
    """The result for one kind of item: the numbers expected of the source and stored in the table, and differences.

    `source` is None where the source cannot be counted. With `settled`, records were compared one by one and the
    numbers do not matter: logs expire during a comparison.
    """

    kind: str
    source: int | None
    table: int
    differences: int = 0
    settled: bool = False

    @property
    def agrees(self) -> bool:
        """Whether no item of this kind differs."""
        return not self.differences and (self.settled or self.source in (None, self.table))


@dataclass
class VerificationReport:
    """The result of a verification. `ignored_*` count by reason what is left out or explained on each side.

    `rows` counts the rows of the source that were compared, `items` those of the table.
    """

    mode: str
    lines: list[KindSummary]
    rows: int
    items: int
    seconds: float
    differences: DifferenceLog
    ignored_source: Counter[str] = field(default_factory=Counter)
    ignored_table: Counter[str] = field(default_factory=Counter)
    dead_letters: int = 0
    dead_letter_file: Path | None = None
    notes: list[str] = field(default_factory=list)
    export: VerifiedExport | None = None

    @property
    def agrees(self) -> bool:
        """Whether source and table agree in what this mode compares, be it nothing."""
        return self.differences.total == 0 and all(line.agrees for line in self.lines)

    @property
    def compared_nothing(self) -> bool:
        """Whether no row was compared and nothing differs: the source is empty, or nothing of it could be moved."""
        return self.rows == 0 and self.agrees


@dataclass
class VerificationJob:
    """The source and the table of a comparison, its steps and its policy."""

    settings: Environment
    options: VerificationOptions
    source: Source
    transport: ReadingTransport
    policy: AbsencePolicy
    steps: tuple[MigrationStep, ...]
    item_count: int
    letters: Path | None
    dead: int
    notes: list[str]
    identity: str
    state: Checkpoint | None

    @property
    def limit(self) -> int | None:
        """The number of differences to list for each step; None for all."""
        return None if self.options.all_differences else FIRST

    @property
    def scan_plan(self) -> ScanPlan:
        """How the table is scanned."""
        local = self.options.export is not None or self.settings.endpoint_url is not None
        return ScanPlan.of(self.item_count, self.options.workers, local=local)


def _dead_rows(paths: Sequence[Path], *, named: bool) -> dict[str, RowIds]:
    """The ids of dead-lettered rows by step; a file that was not named may be missing."""
    ids_by_step: dict[str, array[int]] = {}
    for path in paths:
        for entry in read_letters(path) if named or path.exists() else ():
            ids_by_step.setdefault(entry["entity"], array("q")).append(int(entry["key"]))
    return {step: RowIds(ids) for step, ids in ids_by_step.items()}


def _unfinished(state: Checkpoint | None, steps: tuple[MigrationStep, ...]) -> list[str]:
    if state is None:
        return ["no migration of this source into this table is recorded here"]
    open_steps = [step.name for step in steps if not state.step(step.name).done]
    notes = [f"the migration of {', '.join(open_steps)} is not finished"] if open_steps else []
    unfinished = [part.number for part in state.unfinished_parts(step.name for step in steps)]
    if unfinished and state.bounds is not None:
        notes.append(f"of {state.bounds.count} parts, {join_numbers(unfinished)} are not finished")
    return notes + [
        f"the dead letters of {part.part} are on {part.host}, in {part.letters}: copy that file to the same place here"
        for part in state.parts.values()
        if part.dead_letter_bytes and not part.letters.exists()
    ]


def open_job(
    settings: Environment,
    options: VerificationOptions,
    now: datetime | None = None,
    part: Part | None = None,
) -> VerificationJob:
    """Checks source and table, and reads the migration's checkpoint and dead letters, of a part its own.

    An export is not checked against the declaration: it has no indexes. Nothing is asked of DynamoDB then.
    Raises `MigrationError` or `DataLayerError` when they cannot be compared.
    """
    steps = steps_of(options.entity)
    with open_source(settings) as database:
        check_schema(database, steps, options.ignore_columns)
        source, source_identity = database.source, identify(database)
    export = options.export
    transport: ReadingTransport
    if export is None:
        item_count, transport = require_ready_table(settings).items, ReadOnlyTransport.of_environment()
    else:
        item_count, transport = export.items, export.transport
        settings = replace(settings, table_name=export.table_name)
    state = checkpoints.load(CheckpointStore(transport, settings.table_name), settings)
    if state is not None and not state.source.is_same_as(source_identity):
        state = None
    moment = now or datetime.now(UTC)
    letters = options.dead_letter or (state.letters if state else None)
    named = [options.dead_letter] if options.dead_letter is not None else []
    files = state.letter_files if state else []
    if (
        part is not None
        and state is not None
        and state.bounds is not None
        and state.bounds.count == part.count
    ):
        files = [state.parts[part.number].letters] if part.number in state.parts else []
    dead = _dead_rows(named or files, named=bool(named))
    names = {step.name for step in steps}
    policy = AbsencePolicy(
        now=int(moment.timestamp()) + (GRACE_SECONDS if now is None else 0),
        as_of=int((state.as_of if state else utc_midnight(moment)).timestamp()),
        keep_expired=options.keep_expired or bool(state and state.keep_expired),
        time_zone=settings.time_zone,
        dead=dead,
    )
    return VerificationJob(
        settings, options, source, transport, policy, steps, item_count, letters,
        sum(len(ids) for step, ids in dead.items() if step in names),
        [*(export.notes if export is not None else ()), *_unfinished(state, steps)],
        source_identity.identity, state,
    )  # fmt: skip


def _clock() -> int:
    """The current time in epoch seconds."""
    return int(time.time())


def _plan(job: VerificationJob) -> tuple[dict[str, int], dict[str, tuple[int, ...] | None], dict[str, int]]:
    """(bucket widths, last keys, row counts) by step."""
    widths, until, rows = {}, {}, {}
    with LegacyDatabase(job.source) as database:
        for step in job.steps:
            last = database.last_key(step)
            until[step.name] = last
            widths[step.name] = bucket_width(last[0] if last else 0)
            rows[step.name] = database.count(step)
    return widths, until, rows


def check_row_counts(
    job: VerificationJob, counted: dict[str, int], source: RecordDigests, log: DifferenceLog
) -> None:
    """Logs a difference where the number of rows read is not the number that the source counts.

    The verification reads rows in the same way as the migration; a defect there would hide rows from both.
    A number between the counts before and after reading means that the source is being written to.
    """
    for step in job.steps:
        read, before = source.rows[step.name], counted[step.name]
        if read == before:
            continue
        with LegacyDatabase(job.source) as database:
            after = database.count(step)
        if not min(before, after) <= read <= max(before, after):
            note = f"the source has {after:,} rows of {step.table}, {read:,} could be read"
            log.add(ItemDifference("unread", KINDS[step.name][0], "", "", "", note=note, step=step.name))


def verify(
    settings: Environment, options: VerificationOptions, now: datetime | None = None
) -> VerificationReport:
    """Compares every record by content. Scans the table once, and a second time only when a digest differs.

    Raises `MigrationError` or `DataLayerError` when the two cannot be compared.
    """
    started = time.perf_counter()
    now = now or options.read_at
    job = open_job(settings, options, now)
    widths, until, rows = _plan(job)
    source_job = SourceDigestJob(job.source, job.policy, widths, until)
    progress = ProgressDisplay("verify", max(job.item_count, 0), unit="items", quiet=options.quiet)
    log = DifferenceLog(job.limit)
    with closing(job.transport), temporary_files(), closing(ScanNotes()) as notes:
        reader = _table_reader(job, job.policy, widths)
        with (
            BackgroundDigest(source_job, process=sum(rows.values()) >= PROCESS_ROWS) as background,
            closing(progress),
        ):
            table = reader.digest(notes, progress=progress)
            source = background.result()
        check_row_counts(job, rows, source, log)
        expected = compare_digests(job, Plan(widths, until), source, table, log, now)
        ExpiredComparison(job.source, job.policy, reader.parts, log).run(notes)
    return VerificationReport(
        "contents", summaries(job.steps, expected, table.items, log), source_rows(source),
        table.items.kinds.total(), time.perf_counter() - started, log, source.ignored, table.items.ignored,
        job.dead, job.letters, [*job.notes, *sorted(table.items.notes)], options.export,
    )  # fmt: skip


class Plan(NamedTuple):
    """By step, the width of a bucket in ids, and the last key of the source."""

    widths: dict[str, int]
    until: dict[str, tuple[int, ...] | None]


def compare_digests(
    job: VerificationJob,
    plan: Plan,
    source: RecordDigests,
    table: TableDigests,
    log: DifferenceLog,
    now: datetime | None,
) -> RecordDigests:
    """Compares the digests of both sides, and record by record where they differ; returns what was expected."""
    expected = RecordDigests()
    expected.merge(source)
    expected.merge(table.references)
    buckets = differing_buckets(expected, table.items)
    if buckets:
        # Time went on during the scan, and more logs may have expired.
        policy = job.policy if now else replace(job.policy, now=_clock() + GRACE_SECONDS)
        clock = (lambda: policy.now) if now else _clock
        second, reported = _table_reader(job, policy, plan.widths), log.total
        BucketComparison(second, policy, plan.widths, plan.until, log, clock).run(job.source, buckets)
        if log.total == reported:
            job.notes.append(f"{len(buckets):,} groups of items were read a second time and agree")
    return expected


def _table_reader(job: VerificationJob, policy: AbsencePolicy, widths: dict[str, int]) -> TableReader:
    read_at = job.options.read_at
    exported_at = None if read_at is None else read_at.timestamp()
    return TableReader(job.transport, job.settings.table_name, policy, widths, job.scan_plan, exported_at)


def source_rows(source: RecordDigests) -> int:
    """The number of compared source rows."""
    return sum(source.kinds[kinds[0]] for kinds in KINDS.values())


def summaries(
    steps: tuple[MigrationStep, ...], source: RecordDigests, table: RecordDigests, log: DifferenceLog
) -> list[KindSummary]:
    """What was expected and stored of each kind, for a comparison by content."""
    kinds = [kind for step in steps for kind in KINDS[step.name]]
    kinds += [
        kind
        for kind in (TEXTS, *sorted(SERVICE_KINDS), OPERATION, UNKNOWN)
        if source.kinds[kind] or table.kinds[kind] or log.by_kind[kind]
    ]
    return [
        KindSummary(kind, source.kinds[kind], table.kinds[kind], log.by_kind[kind], settled=True)
        for kind in kinds
    ]
