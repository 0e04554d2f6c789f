"""Writes files so that a crash at any instant leaves the old one or the new one, never a half."""

from __future__ import annotations

import os
from pathlib import Path

from migration.errors import MigrationError


def explain(error: OSError, path: Path) -> MigrationError:
    """One line for a file that cannot be written."""
    return MigrationError(
        f"cannot write {path.name} in {path.parent.name}/: {error.strerror or error}; make room or name another "
        "folder with ALGOITNY_STATE_DIR, then run the command again: it goes on where it was"
    )


def write_atomically(path: Path, text: str) -> None:
    """Replaces a file durably. Raises `MigrationError` when the disk is full or may not be written."""
    fresh = path.with_name(path.name + ".new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with fresh.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        raise explain(error, path) from None


def set_aside(path: Path) -> None:
    """Keeps a file that is not needed any more as `NAME.old`, in the place of an older one; none is no error."""
    try:
        if path.exists():
            path.replace(path.with_name(f"{path.name}.old"))
    except OSError as error:
        raise explain(error, path) from None
