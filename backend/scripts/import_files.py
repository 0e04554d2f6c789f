"""Makes the table from the files of an export by ImportTable, completes it, and reports what was imported."""

from __future__ import annotations

import argparse
import json
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from config.environment import Environment, environment
from config.options import positive
from scripts import _entry

if TYPE_CHECKING:
    from lifecycle.imported_table import ImportedTable, ImportFiles


def arguments() -> argparse.ArgumentParser:
    """The command line."""
    parser = _entry.parser(
        "Check the files that migrate_to_dynamodb.py --to-files has written, make the table of them by ImportTable, "
        "wait until it is there, and give it TTL, stream, recovery, tags, protection, class, insights and its history "
        "as declared. ImportTable always makes a new table."
    )
    add = parser.add_argument
    add("files", metavar="s3://BUCKET/PREFIX", help="where the files are")
    add(
        "--dry-run",
        action="store_true",
        help="check the files and say what the import would cost; import nothing",
    )
    add(
        "--sizes-only", action="store_true",
        help="compare names and sizes of the files only, without reading them for their SHA-256",
    )  # fmt: skip
    add("--workers", type=positive, default=4, metavar="N", help="threads that read the files (default: 4)")
    return parser


def _checked(options: argparse.Namespace, settings: Environment) -> ImportFiles:
    """The files, checked. Raises `MigrationError`."""
    import hashlib

    from lifecycle.imported_table import ImportFiles
    from migration.errors import MigrationError
    from migration.files.checked_files import check_files
    from migration.files.data_file import DATA
    from migration.files.s3_destination import S3Destination
    from migration.progress import ProgressDisplay

    if not options.files.startswith("s3://"):
        raise MigrationError(
            f"ImportTable reads from S3 alone: aws s3 sync {options.files} s3://BUCKET/PREFIX, then name that"
        )
    bucket = S3Destination(options.files)
    with closing(ProgressDisplay("checking", 0, unit="B", quiet=bool(options.json))) as progress:
        manifest = check_files(
            settings, options.files, sizes_only=options.sizes_only, workers=options.workers, advance=progress
        )
    return ImportFiles(
        bucket.bucket, bucket.prefix + DATA, len(manifest.files), manifest.items, manifest.uncompressed,
        manifest.compressed, hashlib.sha256(manifest.encode()).hexdigest()[:24], manifest.changes,
    )  # fmt: skip


def _import(options: argparse.Namespace, settings: Environment, files: ImportFiles) -> ImportedTable:
    from api.dynamodb.client import DynamoDBClient
    from api.dynamodb.table_schema import table_declaration
    from lifecycle.imported_table import ImportProgress, import_table
    from migration.progress import ProgressDisplay

    reported = 0
    with closing(
        ProgressDisplay("importing", files.items, unit="items", quiet=bool(options.json))
    ) as display:

        def on_progress(progress: ImportProgress) -> None:
            nonlocal reported
            display(progress.processed - reported)
            reported = progress.processed

        return import_table(
            DynamoDBClient.get_client(patient=True), settings, table_declaration(settings.table_name), files,
            on_progress=on_progress, show=lambda line: print(line, file=sys.stderr, flush=True),
        )  # fmt: skip


def _report(settings: Environment, files: ImportFiles, *, dry_run: bool) -> dict[str, Any]:
    from migration.files.report import import_cost

    return {
        "dry_run": dry_run, "table": settings.table_name, "target": settings.target, "url": files.url,
        "files": files.files, "items": files.items, "bytes": files.bytes, "compressed_bytes": files.compressed,
        "cost_usd": import_cost(files.bytes, settings.prices),
    }  # fmt: skip


def main(options: argparse.Namespace) -> int:
    """Imports and reports. Returns 0 when every item of the files is in the table."""
    from api.dynamodb.client import DynamoDBClient
    from api.dynamodb.table_schema import table_declaration
    from lifecycle.imported_table import check_import, require_import_table
    from reporting.numbers import byte_size, dollars, duration

    settings = environment()
    _entry.show_location(settings.table_environment)
    client = DynamoDBClient.get_client(patient=True)
    require_import_table(client, settings)
    began = time.monotonic()
    files = _checked(options, settings)
    report = _report(settings, files, dry_run=options.dry_run)
    summary = (
        f"{files.files:,} files with {files.items:,} items, {byte_size(files.bytes)}: {dollars(report['cost_usd'])} at "
        f"${settings.prices.per_gb_import} per GB"
    )
    if options.dry_run:
        check_import(client, table_declaration(settings.table_name), files)
        print(json.dumps(report) if options.json else f"{summary}\nnothing was imported: this was a dry run")
        return 0
    result = _import(options, settings, files)
    seconds = time.monotonic() - began
    if options.json:
        report |= {
            "import_arn": result.arn, "imported": result.progress.imported, "errors": result.progress.errors,
            "settings": result.settings, "changes": result.changes, "seconds": seconds,
        }  # fmt: skip
        print(json.dumps(report))
        return 0
    print(summary)
    for line in result.settings:
        print(f"settings   {line}")
    for name in result.changes:
        print(f"history    {name} is recorded as applied")
    print(
        f"table {settings.table_name} at {settings.target} has all {result.progress.imported:,} items, in "
        f"{duration(seconds)}; next: make dynamodb-verify"
    )
    return 0


if __name__ == "__main__":
    sys.exit(
        _entry.run(
            main, arguments().parse_args(), when_stopped="AWS goes on importing, run it again to wait for it"
        )
    )
