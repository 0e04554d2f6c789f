"""Moves the legacy MySQL database into the DynamoDB table, or shows what that would do (--dry-run)."""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from config.environment import Environment, environment
from config.options import positive
from migration.mapping import ENTITIES
from migration.parts import part
from scripts import _entry

if TYPE_CHECKING:
    from migration.job import MigrationOptions


def arguments() -> argparse.ArgumentParser:
    """The command line."""
    parser = _entry.parser(
        "Move users, problems with test cases, search history and usage logs from MySQL into DynamoDB. "
        "It can be stopped at any time; the next run continues where it stopped."
    )
    add = parser.add_argument
    add("--entity", choices=("all", *ENTITIES), default="all", help="what to move (default: all)")
    add(
        "--batch-size",
        type=positive,
        default=2_000,
        metavar="N",
        help="rows between two checkpoints (default: 2000)",
    )
    add(
        "--dry-run",
        action="store_true",
        help="read and encode everything, write nothing, and report what would happen",
    )
    add(
        "--part", type=part, metavar="K/N",
        help="move part K of N, such as 2/3; every part needs a process, on this machine or another",
    )  # fmt: skip
    add("--workers", type=positive, default=4, metavar="N", help="sender threads (default: 4)")
    add("--max-wcu", type=positive, metavar="N", help="write at most N capacity units per second")
    add(
        "--restart", action="store_true",
        help="start over: remove what earlier runs moved, after you type the table's name, and move it again",
    )  # fmt: skip
    add("--yes", action="store_true", help="with --restart: do not ask for the table's name")
    add(
        "--overwrite-live", metavar="TABLE",
        help="start over, or retry, though the service has written to the table, whose name this is; asks nothing",
    )  # fmt: skip
    add(
        "--keep-expired",
        action="store_true",
        help="move usage logs older than 90 days too, without an expiry",
    )
    add("--dead-letter", type=Path, metavar="FILE", help="file for rows that cannot be moved (JSON lines)")
    add(
        "--retry-dead-letter",
        action="store_true",
        help="move the rows of the dead-letter file, read again from the source",
    )
    add(
        "--ignore-column", action="append", default=[], metavar="TABLE.COLUMN",
        help="leave an undeclared column of the source behind; can be repeated",
    )  # fmt: skip
    add(
        "--to-files", metavar="DIR|s3://BUCKET/PREFIX",
        help="write compressed DynamoDB JSON there instead of into the table, for make dynamodb-import",
    )  # fmt: skip
    return parser


def _export(options: argparse.Namespace, settings: Environment, migration_options: MigrationOptions) -> int:
    """Writes the items into files. Returns 0 when every row is in them, 3 when some are dead letters."""
    from lifecycle.change_files import CHANGES_DIR, load_changes
    from migration.files.export import export
    from migration.files.report import export_json, export_text

    start = time.monotonic()
    changes = tuple(change.name for change in load_changes([CHANGES_DIR]))
    report = export(settings, migration_options, options.to_files, changes)
    seconds = time.monotonic() - start
    if options.json:
        print(json.dumps(export_json(report, seconds, settings.prices)))
    else:
        print(export_text(report, seconds, settings.prices))
    return _entry.EXIT_INCOMPLETE if report.dead else 0


def _refuse_together(options: argparse.Namespace) -> None:
    """Raises `MigrationError` for options that mean nothing for files."""
    from migration.errors import MigrationError

    if options.part is not None:
        raise MigrationError("--to-files writes all parts: leave out --part")
    for option in ("retry_dead_letter", "max_wcu", "overwrite_live"):
        if getattr(options, option):
            name = "--" + option.replace("_", "-")
            raise MigrationError(
                f"{name} is about the table: import the files first, then use it without --to-files"
            )


def main(options: argparse.Namespace) -> int:
    """Runs the migration. Returns 0 when every row is in the table, 3 when some are dead letters."""
    from migration.dry_run import dry_run
    from migration.job import MigrationOptions
    from migration.replay import replay
    from migration.report import dry_run_json, dry_run_text, migration_json, migration_text
    from migration.run import migrate

    settings = environment()
    if options.to_files:
        _refuse_together(options)
    migration_options = MigrationOptions(
        entity=options.entity, batch_size=options.batch_size, workers=options.workers, max_wcu=options.max_wcu,
        restart=options.restart, overwrite_live=options.overwrite_live, keep_expired=options.keep_expired,
        dead_letter=options.dead_letter, ignore_columns=frozenset(options.ignore_column), quiet=bool(options.json),
        part=options.part,
        confirm=lambda action: _entry.confirm(
            action, [options.to_files or settings.table_name], confirmed=options.yes
        ),
    )  # fmt: skip
    start = time.monotonic()
    if not options.json:
        action = "dry run:" if options.dry_run else "exporting" if options.to_files else "moving"
        part_prefix = "" if options.part is None else f"{options.part} of "
        target = options.to_files or f"{settings.table_name} at {settings.target}"
        print(f"{action} {part_prefix}{settings.source} -> {target}")
    if options.dry_run:
        prediction = dry_run(settings, migration_options)
        print(json.dumps(dry_run_json(prediction)) if options.json else dry_run_text(prediction))
        return 0
    if options.to_files:
        return _export(options, settings, migration_options)
    if options.retry_dead_letter:
        replayed = replay(settings, migration_options)
        print(json.dumps(replayed.as_json()) if options.json else replayed.text())
        return _entry.EXIT_INCOMPLETE if replayed.left else 0
    report = migrate(settings, migration_options)
    seconds = time.monotonic() - start
    print(json.dumps(migration_json(report, seconds)) if options.json else migration_text(report, seconds))
    return _entry.EXIT_INCOMPLETE if report.dead else 0


if __name__ == "__main__":
    sys.exit(
        _entry.run(
            main,
            arguments().parse_args(),
            when_stopped="nothing was written" if "--dry-run" in sys.argv else _entry.GO_ON,
            job=lambda options: "move",
        )
    )
