"""The manifest of an export: what its files hold. It is written last, so that a half-written export has none."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from migration.errors import MigrationError
from migration.files.data_file import DataFile
from migration.files.destination import Destination

FORMAT = 1
MANIFEST = "manifest.json"


@dataclass(frozen=True)
class Manifest:
    """A finished export. `changes` are the versioned changes whose form the items have, `steps` those that it holds."""

    table: str
    job: str
    source: str
    as_of: str
    changes: tuple[str, ...]
    steps: tuple[str, ...]
    files: tuple[DataFile, ...] = field(default_factory=tuple)

    @property
    def items(self) -> int:
        """Items in all files."""
        return sum(file.items for file in self.files)

    @property
    def uncompressed(self) -> int:
        """Bytes of all files before compression, which ImportTable charges for."""
        return sum(file.bytes for file in self.files)

    @property
    def compressed(self) -> int:
        """Bytes of all files as they are stored."""
        return sum(file.compressed for file in self.files)

    def encode(self) -> bytes:
        """The manifest as JSON."""
        document = {
            "format": FORMAT, "table": self.table, "job": self.job, "source": self.source, "as_of": self.as_of,
            "changes": self.changes, "steps": self.steps, "items": self.items, "bytes": self.uncompressed,
            "files": [file.as_json() for file in self.files],
        }  # fmt: skip
        return json.dumps(document, ensure_ascii=False, indent=1).encode()

    @classmethod
    def decode(cls, data: bytes, url: str) -> Self:
        """The manifest of a file. Raises `MigrationError` for one that is damaged or of another version."""
        try:
            document: Any = json.loads(data)
            if document["format"] != FORMAT:
                raise ValueError(f"its format is {document['format']}")
            files = tuple(map(DataFile.of, document["files"]))
            manifest = cls(
                document["table"], document["job"], document["source"], document["as_of"],
                tuple(document["changes"]), tuple(document["steps"]), files,
            )  # fmt: skip
            if (manifest.items, manifest.uncompressed) != (document["items"], document["bytes"]):
                raise ValueError("its sums are not those of its files")
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise MigrationError(
                f"{MANIFEST} in {url} cannot be used ({error}): export again with --to-files {url} --restart"
            ) from None
        return manifest


def read_manifest(destination: Destination) -> Manifest:
    """The manifest of a finished export. Raises `MigrationError` when there is none."""
    data = destination.read(MANIFEST)
    if data is None:
        raise MigrationError(
            f"{destination.url} has no {MANIFEST}: the export is not finished; run "
            f"migrate_to_dynamodb.py --to-files {destination.url} until it says so"
        )
    return Manifest.decode(data, destination.url)


def differences(manifest: Manifest, sizes: dict[str, int]) -> list[str]:
    """How the files that are there differ from the manifest in names and sizes, a line each."""
    expected = {file.name: file.compressed for file in manifest.files}
    lines = [f"{name} is missing" for name in expected if name not in sizes]
    lines += [f"{name} is not in the manifest" for name in sizes if name not in expected]
    lines += [
        f"{name} has {sizes[name]:,} bytes instead of {size:,}"
        for name, size in expected.items()
        if name in sizes and sizes[name] != size
    ]
    return lines


def names_of(files: Iterable[DataFile]) -> set[str]:
    """The names of files."""
    return {file.name for file in files}


def without_steps(files: Sequence[DataFile], steps: Iterable[str]) -> list[DataFile]:
    """The files of other steps."""
    names = set(steps)
    return [file for file in files if file.step not in names]
