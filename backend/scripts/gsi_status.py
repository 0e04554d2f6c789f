"""Shows every index of a table with its state and how far it is; with --wait until nothing is being built any more."""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from config.environment import environment
from lifecycle.online.build import wait_for_indexes
from lifecycle.online.calls import IndexChangeError
from lifecycle.online.state import TableNow
from lifecycle.online.targets import Target, find_targets
from lifecycle.online.watch import metric_of
from scripts import _entry, _gsi

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient as BotoClient


def arguments() -> argparse.ArgumentParser:
    """The command line."""
    made = _gsi.parser(
        "Show the state of a table's indexes: exit 0 when all are as declared and ACTIVE, otherwise 1."
    )
    made.add_argument("--wait", action="store_true", help="wait until nothing is being built or dropped")
    return made


def main(options: argparse.Namespace) -> int:
    """Shows; 0 when every index that is meant is there as declared and ACTIVE, otherwise 1."""
    client = _gsi.client_of(options, may_write=False)
    targets = find_targets(client, _gsi.wanted(options))
    report = []
    for target in targets:
        now = (
            wait_for_indexes(client, target.now, progress=_gsi.say, sleep=time.sleep)
            if options.wait
            else target.now
        )
        report.append(_of_table(client, target, now, options.index))
    if options.json:
        print(json.dumps(report))
    else:
        for table in report:
            print("\n".join(_lines(table)))
    every = [index for table in report for index in table["indexes"]]
    good = all(index["state"] == "ACTIVE" and not index["differences"] for index in every)
    return 0 if good else _entry.EXIT_DIFFERENT


def _of_table(client: BotoClient, target: Target, now: TableNow, only: str | None) -> dict[str, Any]:
    declared = {index.name: index for index in target.config.indexes}
    names = [*declared, *(name for name in now.indexes if name not in declared)]
    if only is not None and only not in names:
        raise IndexChangeError(
            f"{now.name} has no index {only}, and none is declared: it has {', '.join(names) or 'none'}"
        )
    indexes = []
    for name in [only] if only is not None else names:
        index = now.indexes.get(name)
        metric = metric_of(client, now.name, name) if index is not None and index.backfilling else None
        differences = index.differences(declared[name]) if index is not None and name in declared else []
        if index is not None and name not in declared and target.declared:
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
    return {"table": now.name, "state": now.status, "items": now.items, "indexes": indexes}


def _lines(table: dict[str, Any]) -> list[str]:
    lines = [
        f"{table['table']} at {environment().target}: {table['state']}, {table['items']:,} items (may lag)"
    ]
    for index in table["indexes"]:
        items = "" if index["items"] is None else f", {index['items']:,} items (may lag)"
        percent = "" if index["percent"] is None else f", {index['percent']:.0f} % built"
        wrong = "".join(f"; {difference}" for difference in index["differences"])
        lines.append(f"  {index['index']}: {index['phase']}{items}{percent}{wrong}")
    return lines if table["indexes"] else [*lines, "  no index"]


if __name__ == "__main__":
    sys.exit(_entry.run(main, arguments().parse_args(), when_stopped=_gsi.GOES_ON))
