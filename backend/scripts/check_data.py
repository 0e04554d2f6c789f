"""Checks whether everything in the table fits together, and repairs it."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from config.environment import environment
from scripts import _entry, _repair

if TYPE_CHECKING:
    from repair.notebook import Notebook
    from repair.table_check import CheckResult


def arguments() -> argparse.ArgumentParser:
    """The command line."""
    parser = _entry.parser(
        "Check whether everything in the table fits together: entries of lists, guards of unique values, index keys, "
        "parts of large texts, counters, totals, expiry. It may run beside the service; what the service is writing "
        "is no finding. Without --repair nothing is written. Exit code 0: nothing is wrong, or all of it was "
        "repaired; 1: something is wrong; 2: the check failed."
    )
    parser.add_argument(
        "--repair", action="store_true",
        help="mend what is found, by writes that are refused if the item has changed since it was read",
    )  # fmt: skip
    parser.add_argument(
        "--list-kinds",
        action="store_true",
        help="print every kind of finding and its repair, and read nothing",
    )
    _repair.add_options(parser)
    return parser


def print_kinds(*, as_json: bool) -> None:
    """Prints what can be found."""
    from repair.findings import KINDS

    if as_json:
        print(
            json.dumps({kind: {"fault": fault, "repair": repair} for kind, (fault, repair) in KINDS.items()})
        )
        return
    for kind, (fault, repair) in KINDS.items():
        print(f"{kind:<20} {fault}: {repair or 'a person decides'}")


def print_json(notebook: Notebook, result: CheckResult, *, repair: bool) -> None:
    """Prints the report, one finding at a time, so that memory does not grow with them."""
    settings = environment()
    head = {
        "table": settings.table_name, "target": settings.target, "repair": repair, "items": result.items,
        "found": result.found, "left": result.left,
        "read_units": result.read_units, "write_units": result.write_units,
        "counts": [
            {"kind": kind, "state": state, "number": number}
            for (kind, state), number in result.counts.items()
        ],
    }  # fmt: skip
    print(json.dumps(head)[:-1] + ', "findings": [', end="")
    for number, (finding, state) in enumerate(notebook.findings()):
        print(("," if number else "") + json.dumps({**finding.as_json(), "state": state}))
    print("]}")


def main(options: argparse.Namespace) -> int:
    """Checks, and repairs with `--repair`. Returns 0 when nothing is left that is wrong."""
    if options.list_kinds:
        print_kinds(as_json=bool(options.json))
        return 0
    from repair.findings import Finding
    from repair.table_check import TableCheck

    settings = environment()

    def show(finding: Finding, state: str) -> None:
        if not options.json:
            print(
                f"{state:<8} {finding.kind:<20} {finding.key[0]} {finding.key[1]} {finding.text}", flush=True
            )

    purpose = {"repair": options.repair}
    with _repair.table_run(options, "check-data", purpose) as run:
        if run.notebook.is_continued and not options.json:
            print(f"continuing the check that began {run.notebook.started_at:%Y-%m-%d %H:%M} UTC")
        check = TableCheck(run.store, run.notebook, mends=options.repair, on_finding=show)
        result = check.run(run.calls, workers=options.workers, progress=run.progress)
        if options.json:
            print_json(run.notebook, result, repair=options.repair)
    if not options.json:
        print(
            f"{settings.table_name} at {settings.target}: {result.items:,} items, {result.found:,} findings, "
            f"{result.left:,} left; {_repair.units_text(result.read_units, result.write_units)}"
        )
    return _entry.EXIT_DIFFERENT if result.left else 0


if __name__ == "__main__":
    sys.exit(_entry.run(main, arguments().parse_args(), when_stopped=_entry.GO_ON))
