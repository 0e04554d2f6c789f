"""Atomic and durable file writes: a crash leaves either the old file or the new one."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from migration.errors import MigrationError


def explain(error: OSError, path: Path) -> MigrationError:
    """The one-line error for a file that cannot be written."""
    return MigrationError(
        f"cannot write {path.name} in {path.parent.name}/: {error.strerror or error}; free some space or set "
        "another folder with ALGOITNY_STATE_DIR, then run the command again: it continues where it stopped"
    )


def replace_durably(path: Path, lines: Iterable[bytes]) -> int:
    """Replaces a file durably; the lines may be read from the old one meanwhile. Returns its length in bytes.

    Raises `MigrationError` when the disk is full or not writable.
    """
    fresh = path.with_name(path.name + ".new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with fresh.open("wb") as file:
            file.writelines(lines)
            file.flush()
            os.fsync(file.fileno())
            length = file.tell()
        fresh.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        raise explain(error, path) from None
    return length


def sync_folder(folder: Path) -> None:
    """Makes the names of a folder's new files durable. Raises `OSError`."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
