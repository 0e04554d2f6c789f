"""The dead-letter file: rows that cannot be moved, as JSON lines (entity, key, reason, row)."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Self

from migration.checkpoint import Checkpoint
from migration.durable_files import explain, replace_durably, sync_folder
from migration.errors import MigrationError
from migration.mapping import STEPS, MigrationStep, Row
from migration.rows import UndecodableRow

Letter = dict[str, Any]
STEP_BY_NAME = {step.name: step for step in STEPS}


def letter(step: MigrationStep, row: Row, reason: str) -> Letter:
    """The dead letter of a row: the row, its id as `key`, and the reason.

    A value that is not UTF-8 is stored as `{"hex": ...}`.
    """
    values: dict[str, Any] = dict(zip(step.column_names, row, strict=True))
    if isinstance(row, UndecodableRow):
        values |= {step.column_names[n]: {"hex": data.hex()} for n, data in row.undecodable.items()}
    return {"entity": step.name, "key": values["id"], "reason": reason, "row": values}


class DeadLetterFile:
    """The file to append to. The checkpoint stores its valid length; what a killed run wrote beyond it is cut off.

    Raises `MigrationError` when the file cannot be written, and for one that is shorter than it was: letters are lost.
    """

    def __init__(self, path: Path, valid_bytes: int, host: str = "") -> None:
        self.path = path
        self.valid_bytes = valid_bytes
        try:
            length = path.stat().st_size if path.exists() else 0
            if length < valid_bytes:
                raise MigrationError(
                    f"{path} has {length:,} of the {valid_bytes:,} bytes of dead letters that this job wrote "
                    f"on {host}: run the command there, or copy the file from there; otherwise start over with "
                    "--entity all --restart"
                )
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("ab") as file:
                file.truncate(valid_bytes)
            sync_folder(path.parent)
        except OSError as error:
            raise explain(error, path) from None

    @classmethod
    def of(cls, state: Checkpoint) -> Self:
        """The dead-letter file of a job."""
        return cls(state.letters, state.dead_letter_bytes, state.host)

    def append(self, letters: Iterable[Letter]) -> int:
        """Appends durably. Returns the new valid length in bytes."""
        data = b"".join(map(line_of, letters))
        if data:
            try:
                with self.path.open("r+b") as file:
                    file.seek(self.valid_bytes)
                    file.write(data)
                    file.truncate()
                    file.flush()
                    os.fsync(file.fileno())
                    self.valid_bytes = file.tell()
            except OSError as error:
                raise explain(error, self.path) from None
        return self.valid_bytes


def read(path: Path) -> Iterator[Letter]:
    """The dead letters of a file. Raises `MigrationError` naming a line that is not one."""
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, 1):
                try:
                    entry = json.loads(line)
                    int(entry["key"])
                    STEP_BY_NAME[entry["entity"]]
                    entry["row"].keys()
                except (AttributeError, KeyError, TypeError, ValueError):
                    raise MigrationError(f"{path.name}, line {number}: not a dead letter") from None
                yield entry
    except FileNotFoundError:
        raise MigrationError(f"there is no dead-letter file {path}") from None
    except OSError as error:
        raise MigrationError(f"cannot read {path.name}: {error.strerror}") from None


def require_unused(path: Path) -> None:
    """Raises `MigrationError` for a file that has content: it may belong to a job."""
    if path.exists() and path.stat().st_size:
        raise MigrationError(f"{path} is not empty: name another file with --dead-letter")


def line_of(entry: Letter) -> bytes:
    """A dead letter as a line of the file."""
    return json.dumps(entry, ensure_ascii=False).encode() + b"\n"


def rewrite(state: Checkpoint, letters: Iterable[Letter]) -> None:
    """Replaces the job's dead letters; `letters` may be read from the file meanwhile.

    `recover` completes a replacement that was killed in between.
    """
    state.rewriting = True
    state.save()
    replace_durably(state.letters, map(line_of, letters))
    recover(state)


def recover(state: Checkpoint) -> None:
    """Completes a replacement of the dead-letter file: keeps and counts the letters of steps that have begun."""
    counts: Counter[str] = Counter()

    def letters_of_begun_steps() -> Iterator[Letter]:
        for entry in read(state.letters):
            if entry["entity"] in state.steps:
                counts[entry["entity"]] += 1
                yield entry

    state.dead_letter_bytes = replace_durably(state.letters, map(line_of, letters_of_begun_steps()))
    for name, step in state.steps.items():
        step.counts.dead = counts[name]
    state.rewriting = False
    state.save()
