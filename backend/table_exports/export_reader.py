"""Reads the folder of a DynamoDB export (`ExportTableToPointInTime`, a full one in DynamoDB JSON).

The folder has `manifest-summary.json`, `manifest-files.json` and the data files, lines of `{"Item": ...}` compressed
with gzip. What is damaged, cut off or missing is told with its file and line.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import TypeVar

from api.dynamodb.codec.item_size import WireItem
from api.dynamodb.errors import InvalidInput
from api.dynamodb.schema.entities import PK, SK

T = TypeVar("T")

_SUMMARY, _FILES = "manifest-summary.json", "manifest-files.json"
_OF_TABLE_EXPORT = "export.json"
_HINT = "copy the export from S3 again"
_EXPECTED = {"exportType": "FULL_EXPORT", "outputFormat": "DYNAMODB_JSON"}


class DamagedExport(InvalidInput):
    """A file of an export cannot be read, or does not have what the manifest says."""

    def __init__(self, message: str) -> None:
        super().__init__(message, hint=_HINT)


@dataclass(frozen=True)
class DataFile:
    """One data file: its path, and how many items the manifest says that it has."""

    path: Path
    items: int

    def read(self) -> Iterator[WireItem]:
        """Its items in DynamoDB's JSON form, in no order. Raises `DamagedExport`."""
        number = 0
        try:
            with gzip.open(self.path, "rt", encoding="utf-8") as file:
                for number, line in enumerate(file, 1):
                    yield self._item(number, line)
        except FileNotFoundError as error:
            raise DamagedExport(f"{self.path} is missing") from error
        except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
            raise DamagedExport(f"{self.path}, after line {number}: {error}") from error
        if number != self.items:
            raise DamagedExport(f"{self.path} ends after {number:,} of {self.items:,} items")

    def _item(self, number: int, line: str) -> WireItem:
        def read() -> WireItem:
            item: WireItem = json.loads(line)["Item"]
            if not all(isinstance(value, dict) and len(value) == 1 for value in item.values()):
                raise ValueError("a value has not exactly one type")
            _ = item[PK]["S"], item[SK]["S"]
            return item

        return _parsed(f"{self.path}, line {number}", read)


@dataclass(frozen=True)
class TableExport:
    """An export: the table's name, the moment as of which it is (aware), the number of items, and its data files."""

    folder: Path
    table_name: str
    moment: datetime
    items: int
    files: tuple[DataFile, ...]

    def read(self) -> Iterator[WireItem]:
        """All items in DynamoDB's JSON form, in no order. Raises `DamagedExport`, at the end for missing items."""
        for file in self.files:
            yield from file.read()


def open_export(folder: Path) -> TableExport:
    """Reads the manifest of an export. `folder` is the one with `manifest-summary.json`.

    Raises `InvalidInput` for a folder of something else, and `DamagedExport`.
    """
    path = folder / _SUMMARY
    if not path.is_file():
        raise _no_export(folder)
    summary = _parsed(str(path), lambda: dict(json.loads(path.read_text(encoding="utf-8"))))
    for name, expected in _EXPECTED.items():
        if summary.get(name, expected) != expected:
            raise InvalidInput(
                f"{folder} is an export with {name} {summary[name]}, only {expected} can be read",
                hint="make a full export in the format DYNAMODB_JSON",
            )
    files = _data_files(folder)

    def export() -> TableExport:
        moment = datetime.fromisoformat(summary["exportTime"])
        if moment.tzinfo is None:
            raise ValueError("exportTime has no time zone")
        name = str(summary["tableArn"]).rpartition("/")[2]
        return TableExport(folder, name, moment, int(summary["itemCount"]), files)

    opened = _parsed(str(path), export)
    listed = sum(file.items for file in files)
    if listed != opened.items:
        raise DamagedExport(f"{folder / _FILES} lists {listed:,} of {opened.items:,} items")
    return opened


def _data_files(folder: Path) -> tuple[DataFile, ...]:
    path = folder / _FILES
    if not path.is_file():
        raise DamagedExport(f"{path} is missing")

    def data_file(line: str) -> DataFile:
        entry = json.loads(line)
        return DataFile(folder / "data" / PurePosixPath(entry["dataFileS3Key"]).name, int(entry["itemCount"]))

    lines = _parsed(str(path), lambda: path.read_text(encoding="utf-8").splitlines())
    return tuple(
        _parsed(f"{path}, line {number}", lambda line=line: data_file(line))  # type: ignore[misc]
        for number, line in enumerate(lines, 1)
        if line
    )


def _no_export(folder: Path) -> InvalidInput:
    """Why a folder cannot be read, and what to do."""
    reason = f"{folder} is no DynamoDB export: it has no {_SUMMARY}"
    if (folder / _OF_TABLE_EXPORT).is_file():
        reason = f"{folder} holds JSON Lines, which leave out index keys, secrets and where texts are stored"
    return InvalidInput(reason, hint=f"name the folder with {_SUMMARY}, copied from S3 with its data folder")


def _parsed(where: str, read: Callable[[], T]) -> T:
    """What `read` returns. Raises `DamagedExport` with the file and line if it is not as an export is."""
    try:
        return read()
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        reason = f"{error} is missing" if isinstance(error, KeyError) else str(error)
        raise DamagedExport(f"{where}: {reason}") from error
