"""Checks whether everything in the table fits together, and repairs it."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from api.dynamodb.errors import InvalidInput
from config.environment import environment
from scripts import _entry, _repair

if TYPE_CHECKING:
    from repair.findings import Finding
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
    parser.add_argument(
        "--from-export", type=Path, metavar="DIR", dest="source",
        help="check the DynamoDB export (ExportTableToPointInTime) in this folder, not the table",
    )  # fmt: skip
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


def print_json(notebook: Notebook, result: CheckResult, *, table: str, target: str, repair: bool) -> None:
    """Prints the report, one finding at a time, so that memory does not grow with them."""
    head = {
        "table": table, "target": target, "repair": repair, "items": result.items,
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


def print_finding(finding: Finding, state: str) -> None:
    """Prints a finding as soon as it is made."""
    print(f"{state:<8} {finding.kind:<20} {finding.key[0]} {finding.key[1]} {finding.text}", flush=True)


def _check(options: argparse.Namespace, run: _repair.TableRun, target: str, **settings: Any) -> int:
    """Checks what a run is of, prints the report, and returns how many findings are left."""
    from repair.table_check import TableCheck

    if not options.json:
        settings["on_finding"] = print_finding
    check = TableCheck(run.store, run.notebook, mends=options.repair, **settings)
    result = check.run(run.calls, workers=options.workers, progress=run.progress)
    if options.json:
        print_json(run.notebook, result, table=run.store.table_name, target=target, repair=options.repair)
    else:
        units = _repair.units_text(result.read_units, result.write_units)
        print(
            f"{run.store.table_name} at {target}: {result.items:,} items, {result.found:,} findings, "
            f"{result.left:,} left; {units}"
        )
    return result.left


def main(options: argparse.Namespace) -> int:
    """Checks, and repairs with `--repair`. Returns 0 when nothing is left that is wrong."""
    if options.list_kinds:
        print_kinds(as_json=bool(options.json))
        return 0
    if options.source is not None:
        if options.repair:
            raise InvalidInput(
                "--repair and --from-export: an export cannot be changed, and the table has gone on since it was made",
                hint="repair the table without --from-export",
            )
        with _repair.export_run(options.source, quiet=bool(options.json)) as (export, run):
            left = _check(options, run, str(options.source), now=lambda: export.moment)
        return _entry.EXIT_DIFFERENT if left else 0
    with _repair.table_run(options, "check-data", {"repair": options.repair}) as run:
        if run.notebook.is_continued and not options.json:
            print(f"continuing the check that began {run.notebook.started_at:%Y-%m-%d %H:%M} UTC")
        left = _check(options, run, environment().target)
    return _entry.EXIT_DIFFERENT if left else 0


if __name__ == "__main__":
    sys.exit(
        _entry.run(
            main, arguments().parse_args(), when_stopped=_entry.GO_ON,
            job=lambda options: "repair" if options.repair else None,
        )
    )  # fmt: skip
