"""The files of an export: one folder for each kind of item, one file for each segment, and the state of the export.

A segment's files are written aside and moved to their places when it is finished; then the state says so. After an
interruption the unfinished segments are read again, and their files replace what is there of them.
"""

from __future__ import annotations

import json
import os
import shutil
import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TextIO

from api.dynamodb.errors import InvalidInput

_STATE = "export.json"
_PARTIAL = ".partial"


@dataclass(frozen=True)
class ExportOptions:
    """What an export is of: a continued one has to be of the same."""

    table: str
    endpoint: str
    segments: int
    personal: bool


class ExportFolder:
    """The folder of one export. Segments may be written by several threads at once."""

    def __init__(self, path: Path, options: ExportOptions) -> None:
        """Opens or makes the folder. Raises `InvalidInput` for a folder of something else."""
        self.path, self._options = path, options
        self._lock = threading.Lock()
        self._finished: dict[int, dict[str, int]] = {}
        self.completed = False
        state = path / _STATE
        if state.exists():
            self._read(state)
        elif path.exists() and (not path.is_dir() or any(path.iterdir())):
            raise InvalidInput(f"{path} is not empty and holds no export", hint="name a folder that is new")
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.rmtree(path / _PARTIAL, ignore_errors=True)
        self._save()

    def _read(self, state: Path) -> None:
        saved: dict[str, Any] = json.loads(state.read_text(encoding="utf-8"))
        for name, value in asdict(self._options).items():
            if saved["options"][name] != value:
                raise InvalidInput(
                    f"{self.path} holds an export with {name} {saved['options'][name]!r}, not {value!r}",
                    hint="name a folder that is new, or give the same options",
                )
        self._finished = {int(number): counts for number, counts in saved["segments"].items()}
        self.completed = saved["completed"]

    def unfinished(self) -> list[int]:
        """The numbers of the segments that are left to read."""
        return [number for number in range(self._options.segments) if number not in self._finished]

    def counts(self) -> Counter[str]:
        """How many items of each kind are in the finished segments."""
        total: Counter[str] = Counter()
        for counts in self._finished.values():
            total.update(counts)
        return total

    def segment(self, number: int) -> SegmentFiles:
        """The files of one segment, to be written in a `with` block."""
        return SegmentFiles(self, number)

    def finish(self, number: int, partial: Path, counts: Mapping[str, int]) -> None:
        """Moves a segment's files to their places and notes that it is finished."""
        name = f"{number:05}.jsonl"
        for old in self.path.glob(f"*/{name}"):
            old.unlink()
        for file in sorted(partial.glob("*.jsonl")):
            folder = self.path / file.stem
            folder.mkdir(mode=0o700, exist_ok=True)
            file.replace(folder / name)
        shutil.rmtree(partial, ignore_errors=True)
        with self._lock:
            self._finished[number] = dict(counts)
            self._save()

    def complete(self) -> None:
        """Notes that every segment is finished."""
        with self._lock:
            self.completed = True
            shutil.rmtree(self.path / _PARTIAL, ignore_errors=True)
            self._save()

    def _save(self) -> None:
        text = json.dumps(
            {"options": asdict(self._options), "completed": self.completed, "segments": self._finished}
        )
        new = self.path / f"{_STATE}.new"
        with new.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        new.replace(self.path / _STATE)


class SegmentFiles:
    """The files of one segment while they are written: they count only when the block ends without an error."""

    def __init__(self, folder: ExportFolder, number: int) -> None:
        self._folder, self._number = folder, number
        self._partial = folder.path / _PARTIAL / f"{number:05}"
        self._files: dict[str, TextIO] = {}
        self._counts: Counter[str] = Counter()

    def __enter__(self) -> Self:
        self._partial.mkdir(mode=0o700, parents=True, exist_ok=True)
        return self

    def write(self, kind: str, line: str) -> None:
        """Adds a line to the file of a kind."""
        if kind not in self._files:
            self._files[kind] = (self._partial / f"{kind}.jsonl").open("w", encoding="utf-8")
        self._files[kind].write(line)
        self._files[kind].write("\n")
        self._counts[kind] += 1

    def count(self, kind: str) -> None:
        """Counts an item that has no line of its own."""
        self._counts[kind] += 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for file in self._files.values():
            if kind is None:
                file.flush()
                os.fsync(file.fileno())
            file.close()
        if kind is None:
            self._folder.finish(self._number, self._partial, self._counts)
