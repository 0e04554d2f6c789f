"""Records the units that DynamoDB Local answers to every case of capacity: `python -m tests.support.record_capacity`.

A case without a source is recorded as DynamoDB Local's; one of another source keeps its units, and what
DynamoDB Local says of it is noted beside them. The rule under test has no part in it.
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
from pathlib import Path
from typing import Any

import engines.dynamodb_local
from api.dynamodb.metering.capacity import Units
from engines.processes import EngineUnavailable
from tests.support.capacity_cases import CASES_FILE, LOCAL, Case, raw_cases
from tests.support.capacity_replay import capacity_table, replay
from tests.support.engines import Engine

_POM = Path(engines.dynamodb_local.__file__).with_name("pom.xml")


def version() -> str:
    """The release of DynamoDB Local that this project uses."""
    found = re.search(r"<artifactId>DynamoDBLocal</artifactId>\s*<version>([^<]+)<", _POM.read_text())
    if found is None:
        raise ValueError(f"no release of DynamoDB Local in {_POM}")
    return found[1]


def _written(units: Units) -> dict[str, Any]:
    return {"table": units.table, "indexes": dict(sorted(units.indexes.items()))}


def record(raw: dict[str, Any], answer: Units | None) -> dict[str, Any]:
    """A case with what the engine answered. Raises ValueError if there is nothing to record."""
    if raw.get("source", LOCAL).startswith(LOCAL):
        if answer is None:
            raise ValueError(f"{raw['name']}: DynamoDB Local does not say what it takes; give another source")
        return {**raw, "units": _written(answer), "source": f"{LOCAL} {version()}"}
    return {**raw, "local": None if answer is None else _written(answer)}


def text_of(cases: list[dict[str, Any]]) -> str:
    """The file: the short fields of a case on one line, each item and each list of units on its own."""

    def text(value: Any) -> str:
        return json.dumps(value, ensure_ascii=False)

    blocks = []
    for case in cases:
        short = [f"{text(k)}: {text(v)}" for k, v in case.items() if not isinstance(v, dict | list | None)]
        long = [f"{text(k)}: {text(v)}" for k, v in case.items() if isinstance(v, dict | list | None)]
        blocks.append("  {" + ",\n   ".join([", ".join(short), *long]) + "}")
    return "[\n" + ",\n".join(blocks) + "\n]\n"


def main() -> int:
    """Replays every case and writes the file again; 2 when DynamoDB Local cannot be had."""
    recorded = []
    with tempfile.TemporaryDirectory() as folder:
        try:
            running = engines.dynamodb_local.start_dynamodb_local(Path(folder))
        except EngineUnavailable as missing:
            print(missing, file=sys.stderr)
            return 2
        with running:
            client = Engine(running.name, running.endpoint_url).client()
            with capacity_table(client, "algoitny_capacity") as table:
                recorded = [record(raw, replay(client, table, Case.of(raw))) for raw in raw_cases()]
            client.close()
    CASES_FILE.write_text(text_of(recorded), encoding="utf-8")
    print(f"recorded {len(recorded)} cases in {CASES_FILE.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
