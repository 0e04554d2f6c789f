"""The export: writes the items of the remaining rows into files, file by file, and the manifest last."""

from __future__ import annotations

import re
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime

from api.dynamodb.codec.item_size import WireItem
from config.environment import Environment
from migration.checkpoint import Checkpoint
from migration.claimed_keys import open_claimed_keys
from migration.dead_letters import DeadLetterFile
from migration.errors import MigrationError
from migration.files.data_file import DATA, DataFileWriter
from migration.files.destination import Destination, open_destination
from migration.files.export_job import ExportOpening, ExportStore
from migration.files.manifest import MANIFEST, Manifest, names_of, without_steps
from migration.files.step_files import StepFiles
from migration.job import MigrationOptions, open_source, policy_of
from migration.lease import job_key
from migration.mapping import STEPS, MigrationStep, steps_of
from migration.pipeline import encode_chunks
from migration.progress import ProgressDisplay
from migration.row_encoder import RowEncoder
from migration.run import MigrationReport, compare_with_source, resume_key
from migration.source import LegacyDatabase, check_schema
from migration.source_identity import identify, written_at

FILE_BYTES = 256 << 20
# A file ends between two chunks of rows, so it may be larger than FILE_BYTES by what so many rows become.
CHUNK_ROWS = 100
_JOB = "job"
_DATA_FILE = re.compile(rf"{DATA}({'|'.join([_JOB, *(step.name for step in STEPS)])})(-\d+)?\.json\.gz")


@dataclass(kw_only=True)
class ExportReport(MigrationReport):
    """What an export did; `manifest` has what all its files hold."""

    url: str
    manifest: Manifest


def export(
    settings: Environment,
    options: MigrationOptions,
    url: str,
    changes: tuple[str, ...],
    file_bytes: int = FILE_BYTES,
) -> ExportReport:
    """Writes the items of the chosen entities to `url`. Continues where an earlier run stopped; does nothing when
    all is done. No call of DynamoDB.

    `changes` are the names of the versioned changes whose form the items have; `file_bytes` is the size before
    compression at which a file ends. Raises `MigrationError` when it cannot continue; finished files stay.
    """
    steps = steps_of(options.entity)
    with open_source(settings) as source, open_destination(url) as destination:
        check_schema(source, steps, options.ignore_columns)
        destination.claim()
        store = ExportStore(destination, settings.table_name, changes)
        state = ExportOpening(settings, options, identify(source), store).open()
        remaining = [step for step in steps if not state.step(step.name).done]
        is_finished = not remaining and destination.read(MANIFEST) is not None
        if not is_finished:
            state.save()  # before a restart truncates the dead letters, as the move does
            destination.discard_partial()
            run = _Export(options, source, state, store, DeadLetterFile.of(state), file_bytes)
            run.remove_earlier_files()
            for step in remaining:
                run.export(step)
            manifest = run.finish()
        else:
            manifest = Manifest.decode(destination.read(MANIFEST) or b"", url)
        report = ExportReport(
            state.steps, tuple(step.name for step in steps), state.letters, not is_finished,
            url=destination.url, manifest=manifest,
        )  # fmt: skip
        compare_with_source(report, source, steps, state)
        return report


@dataclass
class _Export:
    """The collaborators of one run."""

    options: MigrationOptions
    source: LegacyDatabase
    state: Checkpoint
    store: ExportStore
    dead_letters: DeadLetterFile
    file_bytes: int

    @property
    def destination(self) -> Destination:
        return self.store.destination

    def remove_earlier_files(self) -> None:
        """Removes the files of steps that are exported again."""
        if not self.state.emptying:
            return
        self.store.files = without_steps(self.store.files, self.state.emptying)
        for step in self.state.emptying:
            for name in self.destination.sizes(f"{DATA}{step}-"):
                self.destination.remove(name)
        self.state.emptying = []
        self.state.save()

    def export(self, step: MigrationStep) -> None:
        """Exports one step's remaining rows: read, encode, write, and commit each file."""
        state = self.state.step(step.name)
        if state.after is None:
            state.written_at = written_at(self.source, step.table)
        last_key = self.source.last_key(step)
        state.total = self.source.count(step)
        progress = ProgressDisplay(
            step.name, state.total, initial=state.counts.read, quiet=self.options.quiet
        )
        with closing(progress):
            unique_keys = open_claimed_keys(self.state, step, self.source)
            files = StepFiles(step, self.source, self.state, self.store, self.dead_letters, unique_keys)
            try:
                encoder = RowEncoder(step, policy_of(self.state), unique_keys)
                batch_size = min(self.options.batch_size, CHUNK_ROWS)
                if last_key is not None:
                    rows = self.source.rows(step, resume_key(step, state.after), last_key)
                    for chunk, items in encode_chunks(step, rows, encoder, batch_size, progress):
                        files.add(chunk, items)
                        if chunk.key is not None:
                            files.end_chunk(chunk, self.file_bytes)
                files.commit()
                state.done = True
                state.done_at = datetime.now(UTC).isoformat(timespec="seconds")
                self.state.save()
            finally:
                files.abandon()
                if unique_keys is not None:
                    unique_keys.abandon()

    def finish(self) -> Manifest:
        """Writes the job's own item, removes what killed runs left, and writes the manifest."""
        name = f"{DATA}{_JOB}.json.gz"
        writer = DataFileWriter(self.destination, name, _JOB)
        writer.add(self._job_item())
        files = (*self.store.files, writer.finish())
        for leftover in sorted(self.destination.sizes(DATA).keys() - names_of(files)):
            if not _DATA_FILE.fullmatch(leftover):
                raise MigrationError(
                    f"{leftover} in {self.destination.url} is no file of this export: remove it, then run the command "
                    "again"
                )
            self.destination.remove(leftover)
        state = self.state
        manifest = Manifest(
            state.table, state.job, state.source.address, state.as_of.isoformat(), self.store.changes,
            tuple(step.name for step in STEPS if state.step(step.name).done), files,
        )  # fmt: skip
        self.destination.write(MANIFEST, manifest.encode())
        return manifest

    def _job_item(self) -> WireItem:
        """The checkpoint as an item of the table, which makes a later move there go on from it."""
        return {**job_key(), "state": {"S": self.state.encode()}, "fence": {"N": "0"}}
