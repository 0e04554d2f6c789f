"""Drops an index of a table that is in use, after its name was typed (or --yes): the way back from add_gsi.py."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from config.environment import environment
from lifecycle.online.build import drop_index
from lifecycle.online.calls import IndexChangeError
from lifecycle.online.targets import Target, find_targets
from scripts import _entry, _gsi


def arguments() -> argparse.ArgumentParser:
    """The command line."""
    made = _gsi.parser(
        "Drop a global secondary index; the table and its items stay, readers go the older way."
    )
    made.add_argument("--dry-run", action="store_true", help="tell what would be dropped, change nothing")
    made.add_argument("--detach", action="store_true", help="return once it is being dropped")
    made.add_argument("--yes", action="store_true", help="do not ask for the index's name")
    return made


def main(options: argparse.Namespace) -> int:
    """Drops the index of every table that is meant; 0 also where there was none."""
    client = _gsi.client_of(options, may_write=not options.dry_run)
    targets = [
        (target, _index_of(target, options.index)) for target in find_targets(client, _gsi.wanted(options))
    ]
    report = [
        {"table": target.table_name, "index": name, "dropped": name in target.now.indexes}
        for target, name in targets
    ]
    if options.dry_run:
        for entry in [] if options.json else report:
            there = "would be dropped" if entry["dropped"] else "there is none"
            print(f"{entry['table']} {entry['index']}: {there}")
        print(json.dumps(report) if options.json else "nothing was changed: this was a dry run")
        return 0
    if not options.yes:
        for target, name in targets:
            if name in target.now.indexes:
                _ask_for(target.table_name, name)
    for target, name in targets:
        drop_index(client, target.table_name, name, progress=_gsi.say, detach=options.detach)
    if options.json:
        print(json.dumps(report))
        return 0
    for entry in report:
        there = (
            ("is being dropped" if options.detach else "dropped") if entry["dropped"] else "there was none"
        )
        print(f"{entry['table']} {entry['index']}: {there}")
    return 0


def _index_of(target: Target, named: str | None) -> str:
    """The index that is meant: the one named, or the table's only declared one."""
    declared = [index.name for index in target.config.indexes]
    known = list(dict.fromkeys([*declared, *target.now.indexes]))
    if named is None:
        if len(declared) != 1:
            raise IndexChangeError(
                f"say which index of {target.table_name} with --index: {', '.join(known) or 'it has none'}"
            )
        return declared[0]
    if named not in known:
        raise IndexChangeError(
            f"{target.table_name} has no index {named}: it has {', '.join(known) or 'none'}"
        )
    return named


def _ask_for(table_name: str, name: str) -> None:
    if not sys.stdin.isatty():
        raise IndexChangeError(
            f"dropping {name} of {table_name} wants its name typed: run it on a terminal, or give --yes"
        )
    try:
        typed = input(f"This drops {name} of {table_name} at {environment().target}. Type its name: ")
    except EOFError:
        print()  # the line of the question is still open
        typed = ""
    if typed.strip() != name:
        raise IndexChangeError("the name does not match: nothing was changed")


if __name__ == "__main__":
    sys.exit(_entry.run(main, arguments().parse_args(), when_stopped=_gsi.GOES_ON))
