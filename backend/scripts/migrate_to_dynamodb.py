"""Moves the legacy MySQL database into the DynamoDB table, or rehearses it (--dry-run)."""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from config.environment import environment
from migration.mapping import ENTITIES
from migration.rehearsal import rehearse
from migration.replay import replay
from migration.report import rehearsal_json, rehearsal_text, run_json, run_text
from migration.run import Options, migrate
from scripts import _entry


def arguments() -> argparse.ArgumentParser:
    """The command line."""
    made = _entry.parser(
        "Move users, problems with test cases, search history and usage logs from MySQL into DynamoDB. "
        "Safe to stop and to run again: it goes on where it was."
    )
    add = made.add_argument
    add("--entity", choices=("all", *ENTITIES), default="all", help="what to move (default: all)")
    add(
        "--batch-size",
        type=_entry.positive,
        default=2_000,
        metavar="N",
        help="rows between two checkpoints (default: 2000)",
    )
    add(
        "--dry-run",
        action="store_true",
        help="read and encode everything, write nothing, report what would happen",
    )
    add("--workers", type=_entry.positive, default=4, metavar="N", help="how many threads send (default: 4)")
    add("--max-wcu", type=_entry.positive, metavar="N", help="write capacity units a second that may be used")
    add("--restart", action="store_true", help="forget what an earlier run did and begin anew")
    add(
        "--keep-expired",
        action="store_true",
        help="move usage logs older than 90 days too, without an expiry",
    )
    add("--dead-letter", type=Path, metavar="FILE", help="where rows go that cannot be moved (JSON lines)")
    add(
        "--retry-dead-letter",
        action="store_true",
        help="move the rows of the dead-letter file, as the source has them now",
    )
    add(
        "--ignore-column", action="append", default=[], metavar="TABLE.COLUMN",
        help="leave a column of the source behind that the schema does not declare; may be given again",
    )  # fmt: skip
    return made


def main(options: argparse.Namespace) -> int:
    """Runs the move; 0 when it is complete, dead letters included."""
    settings = environment()
    asked = Options(
        entity=options.entity, batch_size=options.batch_size, workers=options.workers, max_wcu=options.max_wcu,
        restart=options.restart, keep_expired=options.keep_expired, dead_letter=options.dead_letter,
        ignore_columns=frozenset(options.ignore_column), quiet=options.json,
    )  # fmt: skip
    start = time.monotonic()
    if not options.json:
        doing = "rehearsing" if options.dry_run else "moving"
        print(f"{doing} {settings.source} -> {settings.table_name} at {settings.target}")
    if options.dry_run:
        found = rehearse(settings, asked)
        print(json.dumps(rehearsal_json(found)) if options.json else rehearsal_text(found))
        return 0
    if options.retry_dead_letter:
        result = replay(settings, asked)
        print(json.dumps(result.as_json()) if options.json else result.text())
        return 0
    report = migrate(settings, asked)
    seconds = time.monotonic() - start
    print(json.dumps(run_json(report, seconds)) if options.json else run_text(report, seconds))
    return 0


if __name__ == "__main__":
    sys.exit(
        _entry.run(
            main,
            arguments().parse_args(),
            when_stopped="what was done is kept, run the command again to go on",
        )
    )
