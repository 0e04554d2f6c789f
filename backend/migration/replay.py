"""Retries dead letters: reads each row again from the source, where it may have been mended, and moves it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass

from api.dynamodb.transport.http import Transport
from config.environment import Environment
from migration.checkpoint import Checkpoint
from migration.dead_letters import STEP_BY_NAME, DeadLetterFile, Letter, line_of, read, recover, rewrite
from migration.durable_files import replace_durably
from migration.job import MigrationOptions, check_table_name, open_source
from migration.lease import permit_to_send
from migration.loader import Loader
from migration.mapping import MigrationStep, steps_of
from migration.opening import open_for_replay
from migration.overwrites import Overwrites
from migration.replay_report import ReplayReport
from migration.source import LegacyDatabase, check_schema
from migration.step_replay import StepReplay
from migration.stored_records import StoredRecords
from migration.target_table import require_ready_table


def replay(settings: Environment, options: MigrationOptions) -> ReplayReport:
    """Moves the rows of the dead-letter file that can be moved now; the others stay in the file.

    Letters are read and written one by one, so memory does not grow with their number. Raises `MigrationError`
    when the job was not started or the file cannot be read.
    """
    steps = steps_of(options.entity)
    check_table_name(settings, options)
    with open_source(settings) as source:
        check_schema(source, steps, options.ignore_columns)
        require_ready_table(settings)
        with (
            closing(Transport.of_environment()) as transport,
            open_for_replay(settings, options, source, transport) as (job, state, lease),
        ):
            path = state.letters if options.dead_letter is None else options.dead_letter.absolute()
            is_job_file = path == state.letters
            if is_job_file and state.rewriting:
                recover(state)
            elif is_job_file:
                DeadLetterFile.of(state)  # truncates what a killed run did not commit
            overwrites = Overwrites(settings.table_name, transport, job, options)
            report = ReplayReport(path, overwrites.names, overwrites.skipped)
            name, workers = settings.table_name, options.workers
            with (
                Loader(transport, name, workers, options.max_wcu, permit_to_send(lease)) as loader,
                ExitStack() as stack,
            ):
                run = _Replay(
                    source, state, loader, StoredRecords(transport, name), overwrites, report, stack
                )
                remaining = run.remaining(read(path), steps)
                if is_job_file:
                    rewrite(state, remaining)
                else:
                    dead = {name: step.counts.dead for name, step in state.steps.items()}
                    replace_durably(path, map(line_of, remaining))
                    for name, number in dead.items():  # of the job's own file, which still has its letters
                        state.steps[name].counts.dead = number
                    state.save()
            return report


@dataclass
class _Replay:
    """The collaborators of one replay; the replays of the steps are closed by `stack`."""

    source: LegacyDatabase
    state: Checkpoint
    loader: Loader
    stored: StoredRecords
    overwrites: Overwrites
    report: ReplayReport
    stack: ExitStack

    def remaining(self, letters: Iterator[Letter], steps: tuple[MigrationStep, ...]) -> Iterator[Letter]:
        """Moves the rows of letters of these steps, and yields the letters that remain."""
        for entry in self._replayed(letters, steps):
            self.report.add_left(entry)
            yield entry

    def _replayed(self, letters: Iterator[Letter], steps: tuple[MigrationStep, ...]) -> Iterator[Letter]:
        replays: dict[str, StepReplay] = {}
        current: StepReplay | None = None
        for entry in letters:
            step = STEP_BY_NAME[entry["entity"]]
            if step not in steps:
                yield entry
                continue
            if current is None or current.step is not step:
                if current is not None:
                    yield from current.finish_chunk()
                current = replays.get(step.name) or self._begin(step)
                replays[step.name] = current
            yield from current.retry(entry)
        for step_replay in replays.values():
            yield from step_replay.end()

    def _begin(self, step: MigrationStep) -> StepReplay:
        step_replay = StepReplay(
            step, self.source, self.state, self.loader, self.stored, self.overwrites, self.report
        )
        self.stack.callback(step_replay.close)
        return step_replay
