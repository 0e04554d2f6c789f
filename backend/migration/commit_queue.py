"""Commits chunks in order: dead letters and the checkpoint are saved after a chunk's items were acknowledged."""

from __future__ import annotations

import contextlib
from collections import deque

from api.dynamodb.errors import DataLayerError
from api.dynamodb.table.lease import Lease
from migration.checkpoint import Checkpoint
from migration.dead_letters import DeadLetterFile, letter
from migration.errors import MigrationError
from migration.loader import Chunk, Loader
from migration.mapping import MigrationStep
from migration.source import LegacyDatabase
from migration.unique_key_index import UniqueKeyIndex

MAX_OPEN_CHUNKS = 16


class CommitQueue:
    """The chunks of one step that were handed to the loader and are not committed."""

    def __init__(
        self,
        step: MigrationStep,
        state: Checkpoint,
        dead_letters: DeadLetterFile,
        loader: Loader,
        lease: Lease,
        source: LegacyDatabase,
        unique_keys: UniqueKeyIndex | None,
    ) -> None:
        self._step = step
        self._state = state
        self._dead_letters = dead_letters
        self._loader = loader
        self._lease = lease
        self._source = source
        self._unique_keys = unique_keys
        self._chunks: deque[Chunk] = deque()
        self._committing = False

    def add(self, chunk: Chunk) -> None:
        """Adds a closed chunk and commits those that are done; waits for the first one of more than 16."""
        self._chunks.append(chunk)
        while self._chunks and (self._chunks[0].done or len(self._chunks) > MAX_OPEN_CHUNKS):
            self._commit_first()

    def drain(self) -> None:
        """Waits for every chunk and commits it."""
        while self._chunks:
            self._commit_first()

    def commit_done(self) -> None:
        """Commits the chunks that are done, without waiting, when the run is interrupted or has failed.

        A commit that was itself interrupted is left to the next run, which must not repeat half of it. Raises nothing
        for a chunk that cannot be committed: the failure that ended the run is the one to report.
        """
        with contextlib.suppress(MigrationError, DataLayerError):
            while not self._committing and self._chunks and self._chunks[0].done:
                self._commit_first()

    def _commit_first(self) -> None:
        chunk = self._chunks[0]
        if not chunk.done:
            self._loader.wait(chunk)
        self._lease.check()
        self._committing = True
        if chunk.refused:
            add_refused_rows(self._step, self._source, chunk)
        if self._unique_keys is not None:
            self._unique_keys.save()
        state = self._state.step(self._step.name)
        chunk.counts.consumed = chunk.consumed
        self._state.dead_letter_bytes = self._dead_letters.append(chunk.dead)
        state.counts.add(chunk.counts)
        state.after = chunk.key
        self._state.save()
        self._chunks.popleft()
        self._committing = False


def add_refused_rows(step: MigrationStep, source: LegacyDatabase, chunk: Chunk) -> None:
    """Turns rows with a refused item into dead letters; the pipeline is still reading on the main connection."""
    dead = {entry["key"] for entry in chunk.dead}
    with LegacyDatabase(source.source) as database:
        for row_id, reason in sorted(chunk.refused.items()):
            # A log that cannot be moved counts for its day, whose counter may be what was refused.
            row = None if str(row_id) in dead else database.row(step, row_id)
            if row is not None:
                chunk.dead.append(letter(step, row, reason))
                chunk.counts.dead += 1
                chunk.counts.written -= 1
