"""The real run: moves what is left of the chosen steps into the table, chunk by chunk, and reports."""

from __future__ import annotations

import dataclasses
from collections import deque
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from api.dynamodb.transport import Transport
from config.environment import Environment
from migration import checkpoint as checkpoints
from migration.checkpoint import Checkpoint, StepState, job_folder
from migration.dead_letters import DeadLetterFile, letter, read, recover, rewrite
from migration.encode import Policy, StepEncoder
from migration.errors import MigrationError
from migration.files import set_aside
from migration.lease import Lease
from migration.loader import Chunk, Loader, Parcel
from migration.mapping import Step, steps_of, utc_midnight
from migration.progress import Progress
from migration.pump import day_counter_for, pump
from migration.source import LegacyDatabase, check_schema
from migration.target import ready_target
from migration.uniqueness import KeyBook

MAX_OPEN_CHUNKS = 16
_LAST = 2**63 - 1


@dataclass(frozen=True)
class Options:
    """What a run was asked for; the command line's words."""

    entity: str = "all"
    batch_size: int = 2_000
    workers: int = 4
    max_wcu: float | None = None
    restart: bool = False
    keep_expired: bool = False
    dead_letter: Path | None = None
    ignore_columns: frozenset[str] = frozenset()
    quiet: bool = False


@dataclass
class RunReport:
    """What a run did. `fresh` is False when there was nothing left to do."""

    steps: dict[str, StepState]
    dead_letter: Path
    fresh: bool
    throttled: int = 0
    added_since: dict[str, int] = dataclasses.field(default_factory=dict)
    notes: list[str] = dataclasses.field(default_factory=list)

    @property
    def dead(self) -> int:
        """Rows in the dead-letter file."""
        return sum(state.counts.dead for state in self.steps.values())


def source_of(settings: Environment) -> LegacyDatabase:
    """The configured source. Raises `MigrationError` when none is configured."""
    if settings.source is None:
        raise MigrationError(
            "no source is configured: set MYSQL_HOST, MYSQL_USER, MYSQL_PASSWORD and MYSQL_DATABASE "
            "(or LEGACY_SQLITE for the demonstration; make demo-source fills it)"
        )
    return LegacyDatabase(settings.source)


def policy_of(state: Checkpoint, settings: Environment) -> Policy:
    """The policy that a job was begun with."""
    return Policy(state.as_of, state.keep_expired, settings.time_zone)


class CommittingSink:
    """Sends, and commits chunks in their order once they were acknowledged."""

    def __init__(
        self, state: Checkpoint, file: DeadLetterFile, loader: Loader, lease: Lease, source: LegacyDatabase
    ) -> None:
        self._state = state
        self._file = file
        self._loader = loader
        self._lease = lease
        self._source = source
        self._window: deque[tuple[Step, Chunk]] = deque()
        self._committing = False
        self.book: KeyBook | None = None

    def put(self, chunk: Chunk, parcel: Parcel) -> None:
        """Hands an item to the senders."""
        self._loader.put(chunk, parcel)

    def close(self, step: Step, chunk: Chunk) -> None:
        """Ends a chunk, commits those that are done, and waits when too many are not."""
        self._loader.flush(chunk)
        chunk.closed = True
        self._window.append((step, chunk))
        while self._window and (self._window[0][1].done or len(self._window) > MAX_OPEN_CHUNKS):
            self._commit_first()

    def drain(self) -> None:
        """Waits for every chunk and commits it."""
        while self._window:
            self._commit_first()

    def commit_done(self) -> None:
        """Commits what is done without waiting: for a run that is being stopped.

        A commit that the stop cut short is left to the next run: half of it must not be done twice.
        """
        while not self._committing and self._window and self._window[0][1].done:
            self._commit_first()

    def _commit_first(self) -> None:
        step, chunk = self._window[0]
        self._loader.wait(chunk)
        self._lease.check()
        self._committing = True
        if chunk.refused:
            with LegacyDatabase(self._source.source) as second:
                for row_id, reason in sorted(chunk.refused.items()):
                    row = second.row(step, row_id)
                    if row is not None:
                        chunk.dead.append(letter(step, row, reason))
                        chunk.counts.dead += 1
                        chunk.counts.written -= 1
        if self.book is not None:
            self.book.save()
        state = self._state.step(step.name)
        chunk.counts.consumed = chunk.consumed
        self._state.dead_letter_bytes = self._file.append(chunk.dead)
        state.counts.add(chunk.counts)
        state.after = chunk.key
        self._state.save()
        self._window.popleft()
        self._committing = False


def _open_job(
    settings: Environment, options: Options, steps: tuple[Step, ...], identity: str
) -> tuple[Checkpoint, list[str]]:
    """The job's state, and what is worth telling: the saved one, or a new one when there is none,
    when everything is begun anew, or when the saved one belongs to an earlier table of that name."""
    folder = job_folder(settings)
    path = folder / "checkpoint.json"
    everything = options.restart and options.entity == "all"
    letters = (options.dead_letter or folder / "dead-letters.jsonl").absolute()
    notes = []
    try:
        saved = checkpoints.load(path)
    except MigrationError:
        if not everything:
            raise
        saved = None
    if saved is not None and saved.table_id != identity:
        notes.append(f"this table was made after the last move: its files were set aside as {path.name}.old")
        set_aside(path)
        saved = None
    if saved is None or everything:
        if saved is None or saved.dead_letter != str(letters):
            if options.dead_letter is None:
                set_aside(letters)
            elif letters.exists() and letters.stat().st_size:
                raise MigrationError(
                    f"{letters} holds something already: name another file with --dead-letter"
                )
        return Checkpoint(
            path, str(settings.source), settings.table_name, identity, utc_midnight(datetime.now(UTC)),
            options.keep_expired, str(letters),
        ), notes  # fmt: skip
    if saved.keep_expired != options.keep_expired:
        word = "with" if saved.keep_expired else "without"
        raise MigrationError(
            f"this job was begun {word} --keep-expired: go on the same way, or begin anew with "
            "--entity all --restart"
        )
    if options.dead_letter is not None and str(letters) != saved.dead_letter:
        raise MigrationError(
            f"this job's dead letters are in {saved.dead_letter}: leave the option out, or begin anew with "
            "--entity all --restart"
        )
    if saved.rewriting:
        recover(saved)
    if options.restart:
        _forget(saved, steps)
    return saved, notes


def _forget(state: Checkpoint, steps: tuple[Step, ...]) -> None:
    """Begins these steps anew: their state and dead letters are dropped, their keys when they begin."""
    DeadLetterFile(Path(state.dead_letter), state.dead_letter_bytes)  # cuts off what was not committed
    names = {step.name for step in steps}
    for name in names:
        state.steps.pop(name, None)
    rewrite(state, [entry for entry in read(Path(state.dead_letter)) if entry["entity"] not in names])


def migrate(settings: Environment, options: Options) -> RunReport:
    """Moves the chosen entities; goes on where an earlier run was stopped, and does nothing when all is done.

    Raises `MigrationError` or `DataLayerError` when it cannot go on; what was acknowledged is kept.
    """
    steps = steps_of(options.entity)
    with source_of(settings) as source:
        check_schema(source, steps, options.ignore_columns)
        identity = ready_target(settings).identity
        with closing(Transport.of_environment()) as transport, Lease(transport, settings.table_name) as lease:
            state, notes = _open_job(settings, options, steps, identity)
            todo = [step for step in steps if not state.step(step.name).done]
            if not todo:
                added = _added_since(source, state, steps)
                return RunReport(state.steps, Path(state.dead_letter), fresh=False, added_since=added)
            state.save()  # Before a restarted job's old letters are cut off: a finished job never loses them.
            file = DeadLetterFile(Path(state.dead_letter), state.dead_letter_bytes)
            name, workers = settings.table_name, options.workers
            with Loader(transport, name, workers, options.max_wcu, lease.check) as loader:
                sink = CommittingSink(state, file, loader, lease, source)
                try:
                    for step in todo:
                        _move(step, source, sink, state, settings, options)
                except KeyboardInterrupt:
                    sink.commit_done()
                    raise
                finally:
                    if sink.book is not None:
                        sink.book.abandon()
                return RunReport(
                    state.steps, file.path, fresh=True, throttled=loader.throttled,
                    added_since=_added_since(source, state, steps), notes=notes,
                )  # fmt: skip


def _added_since(source: LegacyDatabase, state: Checkpoint, steps: tuple[Step, ...]) -> dict[str, int]:
    """By step, how many more rows the source has than were read."""
    more = {step.name: source.count(step) - state.step(step.name).counts.read for step in steps}
    return {name: number for name, number in more.items() if number > 0}


def _behind(step: Step, after: tuple[int, ...] | None) -> tuple[int, ...] | None:
    """Where a step goes on: of rows that come in groups, behind the whole group, since its counter is written."""
    return (after[0], _LAST) if after is not None and len(step.order_by) > 1 else after


def _move(
    step: Step,
    source: LegacyDatabase,
    sink: CommittingSink,
    state: Checkpoint,
    settings: Environment,
    options: Options,
) -> None:
    progress_of = state.step(step.name)
    until = source.last_key(step)
    progress_of.total = source.count(step)
    progress = Progress(step.name, progress_of.total, begun=progress_of.counts.read, quiet=options.quiet)
    with closing(progress):
        if step.unique:
            path = job_folder(settings) / f"keys-{step.name}.sqlite3"
            sink.book = KeyBook(path, anew=progress_of.after is None)
        encoder = StepEncoder(step, policy_of(state, settings), sink.book)
        if until is not None:
            rows = source.rows(step, _behind(step, progress_of.after), until)
            pump(step, rows, encoder, day_counter_for(step, encoder), sink, options.batch_size, progress)
        sink.drain()
        progress_of.done = True
        state.save()
        if sink.book is not None:
            sink.book.close()
            sink.book = None
