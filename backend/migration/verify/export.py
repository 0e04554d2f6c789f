"""A DynamoDB export as the table of a verification: read from a temporary file on disk, without read units."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from migration.errors import MigrationError
from migration.progress import ProgressDisplay
from reporting.numbers import byte_size
from table_exports.export_reader import TableExport, open_export
from table_exports.exported_table import ExportedTable


class ExportTransport:
    """Answers the calls of a verification from an export. Scanning threads share it."""

    def __init__(self, table: ExportedTable) -> None:
        self._table = table

    def call(self, operation: str, request: Any) -> Any:
        """The response of one reading operation. Raises `InvalidInput` for one that writes."""
        return self._table.send(operation, request)[0]

    def close(self) -> None:
        """Nothing: a thread has no connection of its own, and the file is open for the next one."""


@dataclass(frozen=True)
class VerifiedExport:
    """The export that is compared: its folder, table, moment (aware) and items, and the bytes of its temporary file."""

    folder: Path
    table_name: str
    moment: datetime
    items: int
    temporary_bytes: int
    transport: ExportTransport

    @property
    def time(self) -> str:
        """The moment in words, in UTC."""
        return f"{self.moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"

    @property
    def notes(self) -> list[str]:
        """What a comparison with an export does not say."""
        return [
            f"table {self.table_name} was compared as of {self.time}, when it was exported: what has been written to "
            "it since is not in the export, and rows of the source that have changed since may be listed as "
            "differences",
            f"the export took {byte_size(self.temporary_bytes)} in the temporary folder, and no read units",
        ]

    def as_json(self) -> dict[str, Any]:
        """The export for --json."""
        return {
            "folder": str(self.folder), "table": self.table_name,
            "time": self.moment.astimezone(UTC).isoformat(), "items": self.items,
            "temporary_bytes": self.temporary_bytes,
        }  # fmt: skip


@contextmanager
def opened_export(folder: Path, *, quiet: bool) -> Iterator[VerifiedExport]:
    """Reads an export into a temporary file, about 1.2 times as large as its items before compression.

    Memory does not grow with it. Raises `InvalidInput` for a folder of something else, `DamagedExport` with the file
    and line of damage, and `MigrationError` when the temporary folder is full.
    """
    export = open_export(folder)
    with closing(_read(export, quiet=quiet)) as table:
        yield VerifiedExport(
            folder, export.table_name, export.moment, export.items, table.file_bytes, ExportTransport(table)
        )


def _read(export: TableExport, *, quiet: bool) -> ExportedTable:
    with closing(ProgressDisplay("read export", export.items, unit="items", quiet=quiet)) as progress:
        try:
            return ExportedTable(export, progress=progress)
        except sqlite3.OperationalError as error:
            raise MigrationError(
                f"the {export.items:,} items of {export.folder} have no room in the temporary folder ({error}): free "
                "1.3 times the size of the export before compression there, or set another folder with TMPDIR"
            ) from None
