"""Drops an index of a table in use, after its name is typed (or --yes): reverses add_gsi.py."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from api.dynamodb.control_plane.errors import TableChangeError
from config.environment import environment
from scripts import _entry, _gsi

if TYPE_CHECKING:
    from lifecycle.online.targets import IndexTarget


def arguments() -> argparse.ArgumentParser:
    """The command line."""
    parser = _gsi.parser(
        "Drop a global secondary index; the table and its items stay, readers use the base table again."
    )
    parser.add_argument("--dry-run", action="store_true", help="show what would be dropped, change nothing")
    parser.add_argument("--detach", action="store_true", help="return once it is being dropped")
    parser.add_argument("--yes", action="store_true", help="do not ask for the index's name")
    _gsi.add_time_limit(parser)
    return parser


def main(options: argparse.Namespace) -> int:
    """Drops the index of every selected table; 0 also where there was none."""
    from lifecycle.online.build import drop_index
    from lifecycle.online.targets import find_targets

    client = _gsi.client_of(options, may_write=not options.dry_run)
    targets = [
        (target, _index_of(target, options.index))
        for target in find_targets(client, _gsi.index_options(options))
    ]
    report = [
        {"table": target.table_name, "index": name, "dropped": name in target.table.indexes}
        for target, name in targets
    ]
    if options.dry_run:
        for entry in [] if options.json else report:
            effect = "would be dropped" if entry["dropped"] else "there is none"
            print(f"{entry['table']} {entry['index']}: {effect}")
        print(json.dumps(report) if options.json else "nothing was changed: this was a dry run")
        return 0
    for target, name in targets:
        if name in target.table.indexes:
            action = f"dropping {name} of {target.table_name} at {environment().target}"
            _entry.confirm(action, [name], confirmed=options.yes)
    for target, name in targets:
        drop_index(
            client, target.table_name, name,
            progress=_gsi.show_progress, detach=options.detach, time_limit=_gsi.time_limit(options),
        )  # fmt: skip
    if options.json:
        print(json.dumps(report))
        return 0
    for entry in report:
        dropped = "is being dropped" if options.detach else "dropped"
        print(f"{entry['table']} {entry['index']}: {dropped if entry['dropped'] else 'there was none'}")
    return 0


def _index_of(target: IndexTarget, name: str | None) -> str:
    """The index to drop: the given one, or the table's only declared one."""
    declared = [index.name for index in target.config.indexes]
    names = list(dict.fromkeys([*declared, *target.table.indexes]))
    if name is None:
        if len(declared) != 1:
            raise TableChangeError(
                f"say which index of {target.table_name} with --index: {', '.join(names) or 'it has none'}"
            )
        return declared[0]
    if name not in names:
        raise TableChangeError(
            f"{target.table_name} has no index {name}: it has {', '.join(names) or 'none'}"
        )
    return name


if __name__ == "__main__":
    sys.exit(_entry.run(main, arguments().parse_args(), when_stopped=_gsi.WHEN_STOPPED))
