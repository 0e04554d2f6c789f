"""The dead-letter file: rows that could not be moved, as JSON lines (entity, key, reason, row)."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from migration.checkpoint import Checkpoint
from migration.errors import MigrationError
from migration.files import explain, write_atomically
from migration.mapping import STEPS, Row, Step

STEP_BY_NAME = {step.name: step for step in STEPS}


def letter(step: Step, row: Row, reason: str) -> dict[str, Any]:
    """A row with the reason why it could not be moved; `key` is its id."""
    values = dict(zip(step.column_names, row, strict=True))
    return {"entity": step.name, "key": values["id"], "reason": reason, "row": values}


class DeadLetterFile:
    """Appends letters; the checkpoint remembers the length that counts, so a killed run leaves no double."""

    def __init__(self, path: Path, valid_bytes: int) -> None:
        self.path = path
        self.valid_bytes = valid_bytes
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("ab") as file:
                if file.tell() > valid_bytes:
                    file.truncate(valid_bytes)
                self.valid_bytes = min(file.tell(), valid_bytes)
        except OSError as error:
            raise explain(error, path) from None

    def append(self, letters: Iterable[dict[str, Any]]) -> int:
        """Appends durably; the file's valid length afterwards, in bytes."""
        data = b"".join(json.dumps(entry, ensure_ascii=False).encode() + b"\n" for entry in letters)
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


def read(path: Path) -> Iterator[dict[str, Any]]:
    """The letters of a file. Raises `MigrationError` naming the line that is not one."""
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, 1):
                try:
                    entry = json.loads(line)
                    int(entry["key"])
                    STEP_BY_NAME[entry["entity"]]
                except (ValueError, KeyError, TypeError):
                    raise MigrationError(f"{path.name}, line {number}: not a dead letter") from None
                yield entry
    except FileNotFoundError:
        raise MigrationError(f"there is no dead-letter file {path}") from None
    except OSError as error:
        raise MigrationError(f"cannot read {path.name}: {error.strerror}") from None


def replace(path: Path, letters: list[dict[str, Any]]) -> int:
    """Puts these letters in the place of the file's, durably; its length in bytes."""
    text = "".join(json.dumps(entry, ensure_ascii=False) + "\n" for entry in letters)
    write_atomically(path, text)
    return len(text.encode())


def rewrite(state: Checkpoint, letters: Iterable[dict[str, Any]]) -> None:
    """Puts these letters in the place of the job's; `recover` makes good a kill in between."""
    wanted = list(letters)
    state.rewriting = True
    state.save()
    replace(Path(state.dead_letter), wanted)
    recover(state)


def recover(state: Checkpoint) -> None:
    """Ends a rewriting of the dead-letter file: only letters of steps that have begun stay, and they are counted."""
    path = Path(state.dead_letter)
    letters = [entry for entry in read(path) if entry["entity"] in state.steps] if path.exists() else []
    state.dead_letter_bytes = replace(path, letters)
    for name, step in state.steps.items():
        step.counts.dead = sum(entry["entity"] == name for entry in letters)
    state.rewriting = False
    state.save()
