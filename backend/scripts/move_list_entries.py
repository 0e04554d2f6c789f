"""Moves list entries to the number of shards that is set, and keys to the present rules."""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from config.environment import environment
from scripts import _entry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from api.dynamodb.repositories import ListMoveRepository
    from api.dynamodb.repositories.list_move_repository import ListName, MovedRecords

# A page that was begun before an entry got its copy has ended by then: a request takes two seconds at most.
_PAUSE = 10
_SECONDS_BETWEEN_LINES = 5


def arguments() -> argparse.ArgumentParser:
    """The command line."""
    parser = _entry.parser(
        "Move the entries of the lists of users and problems and of the timeline to the number of shards that "
        "writers have (1 unless it is set), and keys to the present rules. Safe beside traffic, once every process "
        "of the service has the settings; docs/operations.md has the procedure. Exit code 0: everything is moved; "
        "1: something is left, with --dry-run or because it was written meanwhile; run the command again."
    )
    parser.add_argument("--dry-run", action="store_true", help="count what is left to move, move nothing")
    return parser


def _carry_out(name: str, verb: str, steps: Iterator[MovedRecords], *, quiet: bool) -> int:
    """Executes the steps, with a line every few seconds. Returns the number of changed records."""
    read = changed = 0
    printed_at = time.monotonic()
    for step in steps:
        read, changed = read + step.read, changed + step.changed
        if not quiet and time.monotonic() - printed_at > _SECONDS_BETWEEN_LINES:
            printed_at = time.monotonic()
            print(f"{name}: read {read:,}, {verb} {changed:,}", flush=True)
    if not quiet:
        print(f"{name}: read {read:,}, {verb} {changed:,}", flush=True)
    return changed


def move(
    lists: ListMoveRepository, names: tuple[ListName, ...], *, pause: float, quiet: bool
) -> dict[str, dict[str, int]]:
    """Copies and removes the entries of some lists, moves the timeline's runs. Returns what was changed, by list."""
    report: dict[str, dict[str, int]] = {
        name: {"copied": _carry_out(name, "copied", lists.copy_entries(name), quiet=quiet)} for name in names
    }
    # Copies of an earlier run that was interrupted are waited for too.
    time.sleep(pause)
    for name in names:
        steps = lists.remove_old_entries(name)
        report[name]["removed"] = _carry_out(name, "removed old entries of", steps, quiet=quiet)
    steps = lists.move_timeline()
    report["timeline"] = {"moved": _carry_out("timeline", "moved", steps, quiet=quiet)}
    return report


def main(options: argparse.Namespace) -> int:
    """Moves the entries. Returns 0 when none are left to move."""
    from api.dynamodb.repositories import ListMoveRepository
    from api.dynamodb.repositories.list_move_repository import LIST_NAMES

    lists = ListMoveRepository()
    report: dict[str, dict[str, int]] = {name: {} for name in (*LIST_NAMES, "timeline")}
    if not options.dry_run:
        report = move(lists, LIST_NAMES, pause=_PAUSE, quiet=bool(options.json))
    for name in LIST_NAMES:
        report[name]["left"] = lists.count_unmoved(name)
    report["timeline"]["left"] = lists.count_unmoved_runs()
    left = sum(numbers["left"] for numbers in report.values())
    if options.json:
        print(json.dumps(
            {"table": environment().table_name, "dry_run": options.dry_run, "lists": report, "left": left}
        ))  # fmt: skip
    else:
        print(f"{left:,} records are left to move" if left else "nothing is left to move")
    return _entry.EXIT_DIFFERENT if left else 0


if __name__ == "__main__":
    sys.exit(_entry.run(main, arguments().parse_args(), when_stopped=_entry.GO_ON))
