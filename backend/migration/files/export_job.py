"""The job of an export: its checkpoint is a file at the destination, and how a run begins, goes on or starts over."""

from __future__ import annotations

import json
import secrets
from typing import Any

from api.dynamodb.transport.retry import Caller
from config.environment import Environment
from migration.checkpoint import Checkpoint, CheckpointStore, JobSource
from migration.errors import MigrationError
from migration.files.data_file import DataFile
from migration.files.destination import Destination
from migration.files.manifest import FORMAT, MANIFEST
from migration.job import JobOpening, MigrationOptions
from migration.mapping import MigrationStep

CHECKPOINT = "checkpoint.json"


class ExportStore(CheckpointStore):
    """Reads and writes the checkpoint at the destination, with the list of the files that are finished.

    The first write of a run removes the manifest: what changes is no finished export. `changes` are the versioned
    changes whose form this version of the code writes.
    """

    def __init__(self, destination: Destination, table: str, changes: tuple[str, ...]) -> None:
        self.destination, self.table, self.changes = destination, table, changes
        self.files: list[DataFile] = []
        self._is_open = False
        self._run = secrets.token_hex(4)  # two runs never write the same, so that one of them stops

    def read(self) -> str | None:
        """The stored checkpoint as text; None if there is none.

        Raises `MigrationError` for one that cannot be used, of another table, or of a version with other changes.
        """
        data = self.destination.read(CHECKPOINT)
        if data is None:
            return None
        try:
            document: Any = json.loads(data)
            if document["format"] != FORMAT:
                raise ValueError(f"its format is {document['format']}")
            table, changes, state = document["table"], tuple(document["changes"]), str(document["state"])
            files = [DataFile.of(entry) for entry in document["files"]]
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise MigrationError(
                f"{CHECKPOINT} in {self.destination.url} cannot be used ({error}): name another destination"
            ) from None
        if table != self.table:
            raise MigrationError(
                f"{self.destination.url} holds an export for table {table}, and DYNAMODB_TABLE is {self.table}: set "
                "it, or name another destination"
            )
        if changes != self.changes:
            raise MigrationError(
                f"the export in {self.destination.url} was begun by a version with other versioned changes: finish "
                "it with that version, or name another destination"
            )
        self.files = files
        return state

    def write(self, text: str) -> None:
        """Replaces the checkpoint. Raises `MigrationError` when another run has replaced it."""
        document = {
            "format": FORMAT, "table": self.table, "changes": self.changes, "run": self._run,
            "state": text, "files": [file.as_json() for file in self.files],
        }  # fmt: skip
        if not self._is_open:
            self.destination.remove(MANIFEST)
            self._is_open = True
        self.destination.write(CHECKPOINT, json.dumps(document, ensure_ascii=False).encode())


class ExportOpening(JobOpening):
    """Begins an export as a move begins. There is no service that writes into files, so nothing is live."""

    def __init__(
        self, settings: Environment, options: MigrationOptions, source: JobSource, store: ExportStore
    ) -> None:
        super().__init__(settings, options, source, _NoTable(), store)
        self._url, self._destination = store.destination.url, store.destination

    def _begin(self) -> Checkpoint:
        """A new job, in an empty destination only."""
        names = sorted(self._destination.sizes())
        if names:
            raise MigrationError(
                f"{self._url} is not empty ({names[0]}) and has no record of an export: name an empty folder"
            )
        return self._new_state()

    def _refuse_live(self, saved: Checkpoint) -> None:
        """Nothing to refuse: what was exported is in nobody's use."""

    def _confirm(self, steps: tuple[MigrationStep, ...]) -> None:
        names = ", ".join(step.name for step in steps)
        self._options.confirm(f"removing the files of {names} in {self._url} to export them again")


class _NoTable(Caller):
    """An export calls no table."""

    def call(self, operation: str, request: Any) -> Any:
        raise AssertionError(f"an export does not call {operation}")
