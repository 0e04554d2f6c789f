"""An export of a source into a place of its own, and its import as a table of its own, for tests."""

from __future__ import annotations

import gzip
import hashlib
import json
import subprocess
from typing import Any

from api.dynamodb.control_plane.description import find_table
from config.environment import environment
from lifecycle.change_files import CHANGES_DIR, load_changes
from migration.files.destination import open_destination
from migration.files.export import ExportReport, export
from migration.files.manifest import Manifest
from migration.job import MigrationOptions
from tests.integration.migration.migration_harness import Move
from tests.support.scripts import run_script

FILE_BYTES = 30_000
BUCKET = "algoitny-move"
ALL_CHANGES = tuple(change.name for change in load_changes([CHANGES_DIR]))


class Files:
    """An export of a source into a place of its own, and its import as a table of its own."""

    def __init__(self, move: Move, s3: Any) -> None:
        self.move, self.s3 = move, s3
        self.url = f"s3://{BUCKET}/{move.table}"

    def export(self, url: str | None = None, **options: Any) -> ExportReport:
        """Exports in this process."""
        self.move.use_settings(**self.move.settings())
        run_options = MigrationOptions(
            **{"quiet": True, "batch_size": 10, "confirm": self.move.confirmed.append, **options}
        )
        return export(environment(), run_options, url or self.url, ALL_CHANGES, FILE_BYTES)

    def bring_in(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Runs the command that imports."""
        return run_script("import_files", self.url, *arguments, settings=self.move.settings())

    def key(self, name: str) -> str:
        """The key of a file in the bucket."""
        return f"{self.move.table}/{name}"

    def data(self, name: str) -> bytes:
        """A file of the bucket."""
        content: bytes = self.s3.get_object(Bucket=BUCKET, Key=self.key(name))["Body"].read()
        return content

    def put(self, name: str, content: bytes) -> None:
        """Writes a file into the bucket."""
        self.s3.put_object(Bucket=BUCKET, Key=self.key(name), Body=content)

    @property
    def table_exists(self) -> bool:
        """Whether the import has made a table."""
        return find_table(self.move.engine.client(), self.move.table) is not None


def lines_of(manifest: Manifest, url: str) -> list[dict[str, Any]]:
    """The items of all files, checked against the manifest's counts."""
    items: list[dict[str, Any]] = []
    with open_destination(url) as destination:
        for file in manifest.files:
            stored = b"".join(destination.blocks(file.name))
            assert hashlib.sha256(stored).hexdigest() == file.sha256
            text = gzip.decompress(stored)
            assert (len(stored), len(text), text.count(b"\n")) == (file.compressed, file.bytes, file.items)
            items += [json.loads(line)["Item"] for line in text.splitlines()]
    return items
