"""Checks the files of an export before they are imported: all of them, no other, and as they were written."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from config.environment import Environment
from migration.errors import MigrationError
from migration.files.data_file import DATA, DataFile
from migration.files.destination import Destination, open_destination
from migration.files.manifest import Manifest, differences, read_manifest

_SHOWN = 3


def check_files(
    settings: Environment,
    url: str,
    *,
    sizes_only: bool = False,
    workers: int = 4,
    advance: Callable[[int], None] = lambda number: None,
) -> Manifest:
    """The manifest of a finished export whose files are complete and undamaged.

    Reads every file, unless `sizes_only`, in `workers` threads; `advance` is called with the number of bytes read.
    Raises `MigrationError` naming what differs, and for an export that is not for the configured table.
    """
    with open_destination(url) as destination:
        manifest = read_manifest(destination)
        if manifest.table != settings.table_name:
            raise MigrationError(
                f"{url} was exported for table {manifest.table}, and DYNAMODB_TABLE is {settings.table_name}: set it, "
                "or export again for this table"
            )
        _refuse(url, differences(manifest, destination.sizes(DATA)))
        if not sizes_only:
            with ThreadPoolExecutor(workers) as pool:
                digests = pool.map(lambda file: _digest(destination, file, advance), manifest.files)
                damaged = [
                    f"{file.name} is damaged: its SHA-256 is {digest[:12]}... instead of {file.sha256[:12]}..."
                    for file, digest in zip(manifest.files, digests, strict=True)
                    if digest != file.sha256
                ]
            _refuse(url, damaged)
        return manifest


def _digest(destination: Destination, file: DataFile, advance: Callable[[int], None]) -> str:
    digest = hashlib.sha256()
    for block in destination.blocks(file.name):
        digest.update(block)
        advance(len(block))
    return digest.hexdigest()


def _refuse(url: str, lines: list[str]) -> None:
    if not lines:
        return
    more = f", and {len(lines) - _SHOWN:,} more" if len(lines) > _SHOWN else ""
    raise MigrationError(
        f"the files in {url} are not those of its manifest: {', '.join(lines[:_SHOWN])}{more}; nothing was imported. "
        "Copy them again, or export again with --restart"
    )
