"""The migration: moves the remaining rows of the chosen steps into the table, chunk by chunk, and reports."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from api.dynamodb.table.lease import Lease
from api.dynamodb.transport.http import Transport
from config.environment import Environment
from migration import checkpoint as checkpoints
from migration.checkpoint import Checkpoint, CheckpointStore, StepState
from migration.claimed_keys import open_claimed_keys
from migration.commit_queue import CommitQueue
from migration.dead_letters import DeadLetterFile
from migration.job import MigrationOptions, open_source, policy_of
from migration.lease import permit_to_send
from migration.loader import Loader
from migration.mapping import MigrationStep, steps_of
from migration.opening import open_job
from migration.parts import LAST_ID, KeyRange, Part
from migration.pipeline import encode_chunks
from migration.progress import ProgressDisplay
from migration.removal import remove_earlier_items
from migration.row_encoder import RowEncoder
from migration.source import LegacyDatabase, check_schema
from migration.source_identity import written_at
from migration.target_table import require_ready_table
from migration.unique_key_index import UniqueKeyIndex


@dataclass
class MigrationReport:
    """What a run did. `fresh` is False when there was nothing left to do. `consumed` is in WCU, of this run alone.

    `added_since` and `changed_since` are about the source: by step, the rows beyond those that were read, and when
    the step's table was written after its reading began. All is about the rows of the `part`, if there is one; the
    numbers of the parts that have not finished the chosen steps are in `unfinished_parts`.
    """

    steps: dict[str, StepState]
    chosen: tuple[str, ...]
    dead_letter: Path
    fresh: bool
    throttled: int = 0
    consumed: float = 0.0
    added_since: dict[str, int] = field(default_factory=dict)
    changed_since: dict[str, str] = field(default_factory=dict)
    part: Part | None = None
    unfinished_parts: list[int] = field(default_factory=list)

    @property
    def dead(self) -> int:
        """Rows in the dead-letter file."""
        return sum(state.counts.dead for state in self.steps.values())


def migrate(settings: Environment, options: MigrationOptions) -> MigrationReport:
    """Moves the chosen entities. Continues where an earlier run stopped; does nothing when all is done.

    Raises `MigrationError` or `DataLayerError` when it cannot continue; acknowledged chunks stay committed.
    """
    steps = steps_of(options.entity)
    with open_source(settings) as source:
        check_schema(source, steps, options.ignore_columns)
        items = require_ready_table(settings).items
        with (
            closing(Transport.of_environment()) as transport,
            open_job(settings, options, source, transport, items) as (state, lease),
        ):
            remaining = [step for step in steps if not state.step(step.name).done]
            report = MigrationReport(
                state.steps, tuple(step.name for step in steps), state.letters, fresh=bool(remaining)
            )
            if remaining:
                state.save()  # before a restart truncates the dead letters: a finished job never loses them
                letters = DeadLetterFile.of(state)
                name, workers = settings.table_name, options.workers
                with Loader(transport, name, workers, options.max_wcu, permit_to_send(lease)) as loader:
                    run = _MigrationRun(options, source, state, letters, loader, lease)
                    remove_earlier_items(state, transport, loader, items, quiet=options.quiet)
                    for step in remaining:
                        run.move(step)
                    report.throttled, report.consumed = loader.throttled, loader.consumed
            compare_with_source(report, source, steps, state)
            if state.part is not None:
                report.part = state.part
                job = checkpoints.load(CheckpointStore(transport, settings.table_name), settings)
                unfinished = [] if job is None else job.unfinished_parts(report.chosen)
                report.unfinished_parts = [part.number for part in unfinished]
            return report


def compare_with_source(
    report: MigrationReport, source: LegacyDatabase, steps: tuple[MigrationStep, ...], job: Checkpoint
) -> None:
    """Notes what became of the source's tables since they were read: one count and one date for each."""
    for step in steps:
        state = report.steps[step.name]
        added = source.count(step, job.key_range(step.name)) - state.counts.read
        if added > 0:
            report.added_since[step.name] = added
        written = written_at(source, step.table)
        if written and written != state.written_at:
            report.changed_since[step.name] = written


def resume_key(step: MigrationStep, after: tuple[int, ...] | None) -> tuple[int, ...] | None:
    """The key to read after. A user's usage logs are skipped as a whole: the user's counters are written."""
    return (after[0], LAST_ID) if after is not None and len(step.order_by) > 1 else after


@dataclass
class _MigrationRun:
    """The collaborators of one run."""

    options: MigrationOptions
    source: LegacyDatabase
    state: Checkpoint
    dead_letters: DeadLetterFile
    loader: Loader
    lease: Lease

    def move(self, step: MigrationStep) -> None:
        """Moves one step's remaining rows: read, encode, load, commit."""
        state = self.state.step(step.name)
        if state.after is None:
            state.written_at = written_at(self.source, step.table)
        last_key, keys = self.source.last_key(step), self.state.key_range(step.name)
        state.total = self.source.count(step, keys)
        unique_keys = self._claimed_keys(step)
        progress = ProgressDisplay(
            step.name, state.total, initial=state.counts.read, quiet=self.options.quiet
        )
        with closing(progress):
            commits = CommitQueue(
                step, self.state, self.dead_letters, self.loader, self.lease, self.source, unique_keys
            )
            try:
                encoder = RowEncoder(step, policy_of(self.state), unique_keys)
                if last_key is not None:
                    after = resume_key(step, state.after) or keys.start(len(step.order_by))
                    rows = self.source.rows(step, after, keys.end(last_key))
                    for chunk, items in encode_chunks(step, rows, encoder, self.options.batch_size, progress):
                        for item in items:
                            self.loader.put(chunk, item)
                        if chunk.key is not None:
                            self.loader.close(chunk)
                            commits.add(chunk)
                commits.drain()
                state.done = True
                state.done_at = datetime.now(UTC).isoformat(timespec="seconds")
                self.state.save()
                if unique_keys is not None:
                    unique_keys.close()
            except (KeyboardInterrupt, Exception):
                commits.commit_done()
                raise
            finally:
                if unique_keys is not None:
                    unique_keys.abandon()

    def _claimed_keys(self, step: MigrationStep) -> UniqueKeyIndex | None:
        """The index of unique keys. In a part it is filled from the rows of the parts before, which takes a while."""
        before, is_read = KeyRange(None, self.state.key_range(step.name).after), step.unique
        number = self.source.count(step, before) if is_read and before.until is not None else 0
        with closing(
            ProgressDisplay(f"{step.name} before", number, quiet=self.options.quiet or not number)
        ) as progress:
            return open_claimed_keys(self.state, step, self.source, progress)
