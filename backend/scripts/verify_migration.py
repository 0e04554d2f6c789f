"""Verifies that the legacy database and the DynamoDB table have the same contents; writes nothing."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from config.environment import environment
from config.options import positive
from migration.mapping import ENTITIES
from migration.parts import part
from scripts import _entry

if TYPE_CHECKING:
    from migration.verify import VerificationOptions, VerificationReport


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


def compare(options: argparse.Namespace) -> VerificationReport:
    """Runs the verification that the options select."""
    from migration.verify import combine, verify, verify_counts, verify_sample

    verification_options = _options(options)
    if options.combine:
        return combine(environment(), verification_options, options.combine)
    if options.counts_only:
        return verify_counts(environment(), verification_options)
    if options.sample:
        return verify_sample(environment(), verification_options, options.sample)
    return verify(environment(), verification_options)


def _options(options: argparse.Namespace) -> VerificationOptions:
    from migration.verify import VerificationOptions

    return VerificationOptions(
        entity=options.entity, workers=options.workers, keep_expired=options.keep_expired,
        dead_letter=options.dead_letter, all_differences=bool(options.json),
        ignore_columns=frozenset(options.ignore_column), quiet=bool(options.json),
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


def main(options: argparse.Namespace) -> int:
    """Compares and reports. Returns 0 when everything agrees, 1 when something differs, 3 when nothing was compared."""
    from migration.verify.report import text, write_json

    settings = environment()
    if not options.json:
        print(f"comparing {settings.source} with {settings.table_name} at {settings.target}")
    if options.part:
        return read_part(options)
    result = compare(options)
    if options.json:
        write_json(result, sys.stdout)
    else:
        print(text(result))
    if result.compared_nothing:
        return _entry.EXIT_INCOMPLETE
    return 0 if result.agrees else _entry.EXIT_DIFFERENT


if __name__ == "__main__":
    sys.exit(_entry.run(main, arguments().parse_args()))
