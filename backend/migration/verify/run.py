"""The verification: both sides digested at once, then a second look at what differs. Nothing is written."""

from __future__ import annotations

import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from api.dynamodb.transport import Transport
from config.environment import Environment, Source
from migration import checkpoint as checkpoints
from migration.checkpoint import Checkpoint, job_folder
from migration.dead_letters import read as read_letters
from migration.mapping import Step, steps_of, utc_midnight
from migration.progress import Progress
from migration.read_only import ReadOnlyTransport
from migration.run import source_of
from migration.source import LegacyDatabase, check_schema
from migration.target import ready_target
from migration.verify.describe import Difference
from migration.verify.digest import Digests, differing
from migration.verify.drill import Differences, DrillDown
from migration.verify.kinds import KINDS, TEXTS, UNKNOWN, bucket_width
from migration.verify.policy import Policy
from migration.verify.scan import segments_for
from migration.verify.source_side import Beside, SourceJob
from migration.verify.table_side import TableSide

PROCESS_ROWS = 20_000
# Some engines remove an item in the second in which it expires, which may be while it is compared.
GRACE_SECONDS = 600
FIRST = 20


@dataclass(frozen=True)
class Options:
    """What a verification was asked for; the command line's words."""

    entity: str = "all"
    workers: int = 4
    keep_expired: bool = False
    dead_letter: Path | None = None
    all_differences: bool = False
    ignore_columns: frozenset[str] = frozenset()
    quiet: bool = True


@dataclass
class KindLine:
    """One kind of item: how many the source makes expected, how many the table holds, how many differ.

    `source` is None where the source cannot tell. `settled` says that a second look found no difference,
    whatever the numbers: logs expire while they are being compared.
    """

    kind: str
    source: int | None
    table: int
    differences: int = 0
    settled: bool = False

    @property
    def agrees(self) -> bool:
        """Whether nothing of this kind differs."""
        return not self.differences and (self.settled or self.source in (None, self.table))


@dataclass
class Verification:
    """What a verification found. `ignored` counts by side and reason what declared policies leave out."""

    mode: str
    lines: list[KindLine]
    rows: int
    items: int
    seconds: float
    differences: Differences
    ignored_source: Counter[str] = field(default_factory=Counter)
    ignored_table: Counter[str] = field(default_factory=Counter)
    dead_letters: int = 0
    dead_letter_file: Path | None = None
    notes: list[str] = field(default_factory=list)

    @property
    def agrees(self) -> bool:
        """Whether source and table hold the same, as far as this mode compares."""
        return self.differences.total == 0 and all(line.agrees for line in self.lines)


@dataclass
class Job:
    """What is compared: the source, the table, the steps, and the rules."""

    settings: Environment
    options: Options
    source: Source
    transport: Transport
    policy: Policy
    steps: tuple[Step, ...]
    item_count: int
    letters: Path | None
    dead: int
    notes: list[str]

    @property
    def limit(self) -> int | None:
        """How many differences of an entity are kept."""
        return None if self.options.all_differences else FIRST

    @property
    def segments(self) -> int:
        """In how many segments the table is scanned."""
        return segments_for(self.item_count, self.options.workers)


def _letters(path: Path | None, *, named: bool) -> dict[str, frozenset[int]]:
    """Ids of dead-lettered rows by step; a file that was not named need not be there."""
    found: dict[str, set[int]] = {}
    if path is not None and (named or path.exists()):
        for entry in read_letters(path):
            found.setdefault(entry["entity"], set()).add(int(entry["key"]))
    return {step: frozenset(ids) for step, ids in found.items()}


def _unfinished(state: Checkpoint | None, steps: tuple[Step, ...]) -> list[str]:
    if state is None:
        return ["no finished move of this source into this table is known here"]
    open_steps = [step.name for step in steps if not state.step(step.name).done]
    return [f"the move of {', '.join(open_steps)} is not finished"] if open_steps else []


def open_job(settings: Environment, options: Options, now: datetime | None = None) -> Job:
    """Checks both sides and reads what the move left behind. Raises when either cannot be compared."""
    steps = steps_of(options.entity)
    with source_of(settings) as database:
        check_schema(database, steps, options.ignore_columns)
        source = database.source
    target = ready_target(settings)
    state = checkpoints.load(job_folder(settings) / "checkpoint.json")
    if state is not None and state.table_id != target.identity:
        state = None
    moment = now or datetime.now(UTC)
    letters = options.dead_letter or (Path(state.dead_letter) if state and state.dead_letter else None)
    dead = _letters(letters, named=options.dead_letter is not None)
    names = {step.name for step in steps}
    policy = Policy(
        now=int(moment.timestamp()) + (GRACE_SECONDS if now is None else 0),
        as_of=int((state.as_of if state else utc_midnight(moment)).timestamp()),
        keep_expired=options.keep_expired or bool(state and state.keep_expired),
        time_zone=settings.time_zone,
        dead=dead,
    )
    return Job(
        settings, options, source, ReadOnlyTransport.of_environment(), policy, steps, target.items, letters,
        sum(len(ids) for step, ids in dead.items() if step in names), _unfinished(state, steps),
    )  # fmt: skip


def _clock() -> int:
    """Epoch seconds, now."""
    return int(time.time())


def _plan(job: Job) -> tuple[dict[str, int], dict[str, tuple[int, ...] | None], dict[str, int]]:
    """(bucket widths, last keys, numbers of rows) by step."""
    widths, until, rows = {}, {}, {}
    with LegacyDatabase(job.source) as database:
        for step in job.steps:
            last = database.last_key(step)
            until[step.name] = last
            widths[step.name] = bucket_width(last[0] if last else 0)
            rows[step.name] = database.count(step)
    return widths, until, rows


def _unread(job: Job, counted: dict[str, int], source: Digests, found: Differences) -> None:
    """Adds a difference where the rows that were read are not as many as the table counts.

    Rows are read here as the move reads them: a defect in that would hide them from both. A number
    between a count before and one behind the reading is a source that is being written to.
    """
    for step in job.steps:
        read, before = source.rows[step.name], counted[step.name]
        if read == before:
            continue
        with LegacyDatabase(job.source) as database:
            after = database.count(step)
        if not min(before, after) <= read <= max(before, after):
            note = f"the source has {after:,} rows of {step.table}, {read:,} could be read"
            found.add(Difference("unread", KINDS[step.name][0], "", "", "", note=note, step=step.name))


def verify(settings: Environment, options: Options, now: datetime | None = None) -> Verification:
    """Compares counts and contents of everything. One scan of the table, a second one only when something differs.

    Raises `MigrationError` or `DataLayerError` when the two cannot be compared.
    """
    begun = time.perf_counter()
    job = open_job(settings, options, now)
    widths, until, rows = _plan(job)
    table = TableSide(job.transport, settings.table_name, job.policy, widths, job.segments, options.workers)
    work = SourceJob(job.source, job.policy, widths, until)
    progress = Progress("verify", max(job.item_count, 0), unit="items", quiet=options.quiet)
    differences = Differences(job.limit)
    with closing(job.transport):
        with Beside(work, process=sum(rows.values()) >= PROCESS_ROWS) as beside, closing(progress):
            found = table.digest(progress)
            source = beside.result()
        expected = Digests()
        expected.merge(source)
        _unread(job, rows, source, differences)
        expected.merge(found.references)
        buckets = differing(expected, found.items)
        if buckets:
            policy = job.policy
            if now is None:
                policy = replace(policy, now=_clock() + GRACE_SECONDS)
            table = TableSide(
                job.transport, settings.table_name, policy, widths, job.segments, options.workers
            )
            DrillDown(table, policy, widths, differences).run(job.source, buckets)
    return Verification(
        "contents", _lines(job.steps, expected, found.items, differences), _rows(source), _total(found.items),
        time.perf_counter() - begun, differences, source.ignored, found.items.ignored, job.dead, job.letters,
        [*job.notes, *sorted(found.items.notes)],
    )  # fmt: skip


def _rows(source: Digests) -> int:
    """Rows of the source that were compared."""
    return sum(source.kinds[kinds[0]] for kinds in KINDS.values())


def _total(table: Digests) -> int:
    return sum(table.kinds.values())


def _lines(steps: tuple[Step, ...], source: Digests, table: Digests, found: Differences) -> list[KindLine]:
    kinds = [kind for step in steps for kind in KINDS[step.name]]
    kinds += [
        kind for kind in (TEXTS, UNKNOWN) if source.kinds[kind] or table.kinds[kind] or found.by_kind[kind]
    ]
    return [
        KindLine(kind, source.kinds[kind], table.kinds[kind], found.by_kind[kind], settled=True)
        for kind in kinds
    ]
