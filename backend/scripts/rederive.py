"""Builds list entries, guards and index keys again from the records themselves."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from config.environment import environment
from scripts import _entry, _repair

_RECORDS = {"users": "user", "problems": "problem", "runs": "run"}


def arguments() -> argparse.ArgumentParser:
    """The command line."""
    parser = _entry.parser(
        "Build list entries, guards and index keys again from the records: after a new list was declared, after the "
        "number of partitions of a list or the rules of words and names changed. It may run beside the service, and "
        "writes only what differs. Exit code 0: done; 1: two records have one value that must be unique; 2: it failed."
    )
    parser.add_argument(
        "--only",
        choices=tuple(_RECORDS),
        action="append",
        help="these records (default: all); can be repeated",
    )
    parser.add_argument(
        "--phase", choices=("backfill", "contract", "all"), default="all",
        help="backfill: write what is missing or differs; contract, all: also remove what no record demands",
    )  # fmt: skip
    parser.add_argument("--dry-run", action="store_true", help="count what would be written, write nothing")
    _repair.add_options(parser)
    return parser


def main(options: argparse.Namespace) -> int:
    """Derives everything again. Returns 1 when two records claim one unique value."""
    from repair.derivation import SOURCES
    from repair.rederivation import Rederivation

    settings = environment()
    names = sorted(set(options.only or _RECORDS))
    purpose = {"only": names, "phase": options.phase, "dry_run": options.dry_run}
    with _repair.table_run(options, "rederive", purpose) as run:
        if run.notebook.is_continued and not options.json:
            print(f"continuing the run that began {run.notebook.started_at:%Y-%m-%d %H:%M} UTC")
        rederivation = Rederivation(
            run.store, run.notebook, sources=[SOURCES[_RECORDS[name]] for name in names],
            phase=options.phase, dry_run=options.dry_run,
        )  # fmt: skip
        result = rederivation.run(run.calls, workers=options.workers, progress=run.progress)
    if options.json:
        print(json.dumps({
            "table": settings.table_name, "target": settings.target, **purpose, "items": result.items,
            "done": dict(result.done), "conflicts": result.conflicts,
            "read_units": result.read_units, "write_units": result.write_units,
        }))  # fmt: skip
    else:
        done = ", ".join(f"{number:,} {name}" for name, number in result.done.items())
        print(
            f"{settings.table_name} at {settings.target}: {result.items:,} items read, "
            f"{'would be ' if options.dry_run else ''}{done}; "
            f"{_repair.units_text(result.read_units, result.write_units)}"
        )
        if result.conflicts:
            print(f"{result.conflicts:,} values belong to two records: make dynamodb-check-data names them")
    return _entry.EXIT_DIFFERENT if result.conflicts else 0


if __name__ == "__main__":
    sys.exit(
        _entry.run(
            main, arguments().parse_args(), when_stopped=_entry.GO_ON,
            job=lambda options: "rederivation",
        )
    )  # fmt: skip
