"""The files of one step: items are added row by row, and a file is committed with the progress that it stands for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from migration.checkpoint import Checkpoint, RowCounts
from migration.commit_queue import add_refused_rows
from migration.dead_letters import DeadLetterFile
from migration.files.data_file import DATA, DataFileWriter
from migration.files.export_job import ExportStore
from migration.files.item_rules import problem_of
from migration.loader import Chunk, PendingItem
from migration.mapping import MigrationStep
from migration.pipeline import DEAD_CHARACTERS
from migration.source import LegacyDatabase
from migration.unique_key_index import UniqueKeyIndex


class StepFiles:
    """Writes the files of a step, each with the rows of whole chunks.

    A killed run repeats the rows since the last committed file, and writes the file that it had begun from its
    beginning. So a row is in one file, and in the same one as without a kill.
    """

    def __init__(
        self,
        step: MigrationStep,
        source: LegacyDatabase,
        state: Checkpoint,
        store: ExportStore,
        dead_letters: DeadLetterFile,
        unique_keys: UniqueKeyIndex | None,
    ) -> None:
        self._step, self._source, self._state = step, source, state
        self._store, self._dead_letters, self._unique_keys = store, dead_letters, unique_keys
        self._number = sum(file.step == step.name for file in store.files)
        self._writer: DataFileWriter | None = None
        self._begin()

    def _begin(self) -> None:
        self._counts = RowCounts()
        self._dead: list[dict[str, Any]] = []
        self._dead_characters = 0
        self._last: tuple[int, ...] | None = None

    def add(self, chunk: Chunk, items: Iterable[PendingItem]) -> None:
        """Adds the items of a row, or of several, or notes why DynamoDB would refuse a row.

        An item of several rows that would be refused is divided into those of the rows, as the loader does.
        """
        pending = []
        for entry in items:
            problem = problem_of(entry.item, entry.size)
            parts = entry.instead() if problem and entry.instead is not None else [entry]
            for part in parts:
                if problem := problem_of(part.item, part.size):
                    chunk.refused[part.row_id] = problem
            pending += parts
        for entry in pending:
            if entry.row_id in chunk.refused:
                continue
            if self._writer is None:
                name = f"{DATA}{self._step.name}-{self._number + 1:05}.json.gz"
                self._writer = DataFileWriter(self._store.destination, name, self._step.name)
            self._writer.add(entry.item)

    def end_chunk(self, chunk: Chunk, file_bytes: int) -> None:
        """Adds what a complete chunk counted; commits the file when it has `file_bytes` or many dead letters."""
        assert chunk.key is not None  # noqa: S101 (the caller has looked)
        if chunk.refused:
            add_refused_rows(self._step, self._source, chunk)
        self._counts.add(chunk.counts)
        self._dead += chunk.dead
        self._dead_characters += chunk.dead_characters
        self._last = chunk.key
        is_full = self._writer is not None and self._writer.bytes >= file_bytes
        if is_full or self._dead_characters >= DEAD_CHARACTERS:
            self.commit()

    def commit(self) -> None:
        """Finishes the file, then saves dead letters and the checkpoint."""
        if self._last is None:
            return
        state = self._state.step(self._step.name)
        if self._writer is not None:
            self._store.files.append(self._writer.finish(state.after or (), self._last))
            self._number += 1
            self._writer = None
        if self._unique_keys is not None:
            self._unique_keys.save()
        self._state.dead_letter_bytes = self._dead_letters.append(self._dead)
        state.counts.add(self._counts)
        state.after = self._last
        self._state.save()
        self._begin()

    def abandon(self) -> None:
        """Drops the file that is not committed, if there is one."""
        if self._writer is not None:
            self._writer.abandon()
