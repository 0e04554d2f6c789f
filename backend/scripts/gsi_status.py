"""Shows every index of a table with its state and progress; with --wait it waits until no build is left."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from api.dynamodb.control_plane.errors import TableChangeError
from config.environment import environment
from scripts import _entry, _gsi

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient as BotoClient

    from api.dynamodb.control_plane.description import TableDescription
    from lifecycle.online.targets import IndexTarget


def arguments() -> argparse.ArgumentParser:
    """The command line."""
    parser = _gsi.parser(
        "Show the state of a table's indexes: exit 0 when all are as declared and ACTIVE, otherwise 1."
    )
    parser.add_argument("--wait", action="store_true", help="wait until nothing is being built or dropped")
    _gsi.add_time_limit(parser)
    return parser


def main(options: argparse.Namespace) -> int:
    """Shows the indexes; 0 when every selected one exists as declared and is ACTIVE, otherwise 1."""
    from lifecycle.online.build import wait_for_indexes
    from lifecycle.online.targets import find_targets

    client = _gsi.client_of(options, may_write=False)
    targets = find_targets(client, _gsi.index_options(options))
    report = []
    for target in targets:
        table = target.table
        if options.wait:
            table = wait_for_indexes(
                client, target.table_name, progress=_gsi.show_progress, time_limit=_gsi.time_limit(options)
            )
        report.append(_table_json(client, target, table, options.index))
    if options.json:
        print(json.dumps(report))
    else:
        for entry in report:
            print("\n".join(_lines(entry)))
    indexes = [index for entry in report for index in entry["indexes"]]
    as_declared = all(index["state"] == "ACTIVE" and not index["differences"] for index in indexes)
    return 0 if as_declared else _entry.EXIT_DIFFERENT


def _table_json(
    client: BotoClient, target: IndexTarget, table: TableDescription, selected: str | None
) -> dict[str, Any]:
    from api.dynamodb.control_plane.comparison import compare_index
    from lifecycle.online.build_progress import progress_metric

    declared = {index.name: index for index in target.config.indexes}
    names = list(dict.fromkeys([*declared, *table.indexes]))
    if selected is not None and selected not in names:
        raise TableChangeError(
            f"{table.name} has no index {selected}, and none is declared: it has {', '.join(names) or 'none'}"
        )
    indexes = []
    for name in [selected] if selected is not None else names:
        index, config = table.indexes.get(name), declared.get(name)
        metric = (
            progress_metric(client, table.name, name) if index is not None and index.backfilling else None
        )
        differences: list[str] = []
        if index is not None and config is not None:
            differences = [difference.summary for difference in compare_index(config, index)]
        elif index is not None and target.declared:
            differences = ["it is not declared"]
        indexes.append(
            {
                "index": name,
                "state": "MISSING" if index is None else index.status,
                "phase": "MISSING" if index is None else index.phase,
                "items": None if index is None else index.items,
                "percent": None if metric is None else metric(),
                "differences": differences,
            }
        )
    return {"table": table.name, "state": table.status, "items": table.items, "indexes": indexes}


def _lines(table: dict[str, Any]) -> list[str]:
    lines = [
        f"{table['table']} at {environment().target}: {table['state']}, {table['items']:,} items (may lag)"
    ]
    for index in table["indexes"]:
        items = "" if index["items"] is None else f", {index['items']:,} items (may lag)"
        percent = "" if index["percent"] is None else f", {index['percent']:.0f} % built"
        differences = "".join(f"; {difference}" for difference in index["differences"])
        lines.append(f"  {index['index']}: {index['phase']}{items}{percent}{differences}")
    return lines if table["indexes"] else [*lines, "  no index"]


if __name__ == "__main__":
    sys.exit(_entry.run(main, arguments().parse_args(), when_stopped=_gsi.WHEN_STOPPED))
