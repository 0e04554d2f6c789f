"""Verifies that the legacy database and the DynamoDB table have the same contents; writes nothing."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from config.environment import environment
from config.options import positive
from migration.mapping import ENTITIES
from scripts import _entry

if TYPE_CHECKING:
    from migration.verify import VerificationReport


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
    from migration.verify import VerificationOptions, verify, verify_counts, verify_sample

    verification_options = VerificationOptions(
        entity=options.entity, workers=options.workers, keep_expired=options.keep_expired,
        dead_letter=options.dead_letter, all_differences=options.json,
        ignore_columns=frozenset(options.ignore_column), quiet=options.json,
    )  # fmt: skip
    if options.counts_only:
        return verify_counts(environment(), verification_options)
    if options.sample:
        return verify_sample(environment(), verification_options, options.sample)
    return verify(environment(), verification_options)


def main(options: argparse.Namespace) -> int:
    """Compares and reports. Returns 0 when everything agrees, 1 when something differs, 3 when nothing was compared."""
    from migration.verify.report import text, write_json

    settings = environment()
    if not options.json:
        print(f"comparing {settings.source} with {settings.table_name} at {settings.target}")
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
