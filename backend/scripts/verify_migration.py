"""Proves that the legacy database and the DynamoDB table hold the same: counts and contents; writes nothing."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from config.environment import environment
from migration.mapping import ENTITIES
from migration.verify import Options, Verification, verify, verify_counts, verify_sample
from migration.verify.report import as_json, text
from scripts import _entry


def arguments() -> argparse.ArgumentParser:
    """The command line."""
    made = _entry.parser(
        "Compare MySQL with the DynamoDB table, counts and contents, and name what differs. "
        "Exit code 0: everything agrees; 1: there are differences; 2: the two could not be compared."
    )
    add = made.add_argument
    add("--entity", choices=("all", *ENTITIES), default="all", help="what to compare (default: all)")
    how = made.add_mutually_exclusive_group()
    how.add_argument("--counts-only", action="store_true", help="compare numbers by kind, not contents")
    how.add_argument(
        "--sample",
        type=_entry.positive,
        metavar="N",
        help="compare N random rows of each table, without a scan",
    )
    add("--workers", type=_entry.positive, default=4, metavar="N", help="how many threads scan (default: 4)")
    add(
        "--keep-expired",
        action="store_true",
        help="usage logs that had expired at the move must be there (known by itself where the move ran)",
    )
    add(
        "--dead-letter",
        type=Path,
        metavar="FILE",
        help="the move's dead letters (default: where it put them)",
    )
    add(
        "--ignore-column", action="append", default=[], metavar="TABLE.COLUMN",
        help="a column of the source that was left behind on purpose; may be given again",
    )  # fmt: skip
    return made


def compare(options: argparse.Namespace) -> Verification:
    """The verification that was asked for."""
    asked = Options(
        entity=options.entity, workers=options.workers, keep_expired=options.keep_expired,
        dead_letter=options.dead_letter, all_differences=options.json,
        ignore_columns=frozenset(options.ignore_column), quiet=options.json,
    )  # fmt: skip
    if options.counts_only:
        return verify_counts(environment(), asked)
    if options.sample:
        return verify_sample(environment(), asked, options.sample)
    return verify(environment(), asked)


def main(options: argparse.Namespace) -> int:
    """Compares and reports: 0 when all agrees, 1 when something differs."""
    settings = environment()
    if not options.json:
        print(f"comparing {settings.source} with {settings.table_name} at {settings.target}")
    result = compare(options)
    print(json.dumps(as_json(result), ensure_ascii=False) if options.json else text(result))
    return 0 if result.agrees else _entry.EXIT_DIFFERENT


if __name__ == "__main__":
    sys.exit(_entry.run(main, arguments().parse_args()))
