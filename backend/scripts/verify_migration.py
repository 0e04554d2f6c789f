"""Verifies that the legacy database and the DynamoDB table have the same contents; writes nothing."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from api.dynamodb.errors import InvalidInput
from config.environment import environment
from config.options import positive
from migration.mapping import ENTITIES
from migration.parts import part
from scripts import _entry

if TYPE_CHECKING:
    from migration.verify import VerificationOptions, VerificationReport
    from migration.verify.export import VerifiedExport


def arguments() -> argparse.ArgumentParser:
    """The command line."""
    parser = _entry.parser(
        "Compare MySQL with the DynamoDB table by count and content, and list the differences. "
        "Exit code 0: everything agrees; 1: there are differences; 2: the two could not be compared; 3: nothing was "
        "compared, because the source is empty or every row of it is a dead letter or has expired."
    )
    add = parser.add_argument
    add("--entity", choices=("all", *ENTITIES), default="all", help="what to compare (default: all)")
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument(
        "--counts-only",
        action="store_true",
        help="compare only the numbers of items by kind; reads the whole table as well",
    )
    mode.add_argument(
        "--sample",
        type=positive,
        metavar="N",
        help="compare N random rows of each table, without a scan",
    )
    mode.add_argument(
        "--part", type=part, metavar="K/N",
        help="read part K of N, such as 2/3, of source and table, and save its digests with --save",
    )  # fmt: skip
    mode.add_argument(
        "--combine",
        type=Path,
        nargs="+",
        metavar="FILE",
        help="compare by the digests that all parts have saved",
    )
    add("--save", type=Path, metavar="FILE", help="with --part: the file for the part's digests")
    add(
        "--from-export", type=Path, metavar="DIR", dest="source",
        help="compare the DynamoDB export (ExportTableToPointInTime) in this folder, not the table; no read units",
    )  # fmt: skip
    add("--workers", type=positive, default=4, metavar="N", help="scanning threads (default: 4)")
    add(
        "--keep-expired",
        action="store_true",
        help="usage logs that had expired at the migration must be present (set by itself where the migration ran)",
    )
    add(
        "--dead-letter",
        type=Path,
        metavar="FILE",
        help="the migration's dead letters (default: its own file)",
    )
    add(
        "--ignore-column", action="append", default=[], metavar="TABLE.COLUMN",
        help="a column of the source that was left behind on purpose; can be repeated",
    )  # fmt: skip
    return parser


def compare(options: argparse.Namespace, export: VerifiedExport | None = None) -> VerificationReport:
    """Runs the verification that the options select, of an export if there is one."""
    from migration.verify import combine, verify, verify_counts, verify_sample

    verification_options = _options(options, export)
    if options.combine:
        return combine(environment(), verification_options, options.combine)
    if options.counts_only:
        return verify_counts(environment(), verification_options)
    if options.sample:
        return verify_sample(environment(), verification_options, options.sample)
    return verify(environment(), verification_options)


def _options(options: argparse.Namespace, export: VerifiedExport | None = None) -> VerificationOptions:
    from migration.verify import VerificationOptions

    return VerificationOptions(
        entity=options.entity, workers=options.workers, keep_expired=options.keep_expired,
        dead_letter=options.dead_letter, all_differences=bool(options.json),
        ignore_columns=frozenset(options.ignore_column), quiet=bool(options.json), export=export,
    )  # fmt: skip


def read_part(options: argparse.Namespace) -> int:
    """Reads one part and saves its digests. Returns 0, or 1 when something in the part is wrong by itself."""
    from migration.errors import MigrationError
    from migration.verify import verify_part
    from migration.verify.report import part_json, part_text

    if options.save is None:
        raise MigrationError("--part saves digests for --combine: name a file for them with --save FILE")
    report = verify_part(environment(), _options(options), options.part, options.save)
    print(json.dumps(part_json(report)) if options.json else part_text(report))
    return 0 if report.agrees else _entry.EXIT_DIFFERENT


def compare_export(options: argparse.Namespace) -> int:
    """Compares the source with an export and reports. Returns an exit code as `main` does."""
    from migration.verify import opened_export

    if options.part or options.combine or options.save:
        raise InvalidInput(
            "--from-export goes with none of --part, --combine and --save: parts share the reading of a live table",
            hint="compare the export whole, which takes no read units",
        )
    with opened_export(options.source, quiet=bool(options.json)) as export:
        if not options.json:
            where = f"the export {export.folder} of table {export.table_name} as of {export.time}"
            print(f"comparing {environment().source} with {where}")
        return _report(options, compare(options, export))


def main(options: argparse.Namespace) -> int:
    """Compares and reports. Returns 0 when everything agrees, 1 when something differs, 3 when nothing was compared."""
    if options.source:
        return compare_export(options)
    settings = environment()
    if not options.json:
        print(f"comparing {settings.source} with {settings.table_name} at {settings.target}")
    if options.part:
        return read_part(options)
    return _report(options, compare(options))


def _report(options: argparse.Namespace, result: VerificationReport) -> int:
    from migration.verify.report import text, write_json

    if options.json:
        write_json(result, sys.stdout)
    else:
        print(text(result))
    if result.compared_nothing:
        return _entry.EXIT_INCOMPLETE
    return 0 if result.agrees else _entry.EXIT_DIFFERENT


if __name__ == "__main__":
    sys.exit(
        _entry.run(
            main, arguments().parse_args(), job=lambda options: None if options.part else "verification"
        )
    )
