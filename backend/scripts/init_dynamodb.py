"""Creates the table with its indexes and TTL, or reports that it exists; running it again changes nothing.

It applies the first versioned change, with the runner and history of `scripts/dynamodb_migrations.py`.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from api.dynamodb.client import DynamoDBClient
from api.dynamodb.schema.indexes import INDEXES
from config.environment import environment
from scripts import _entry


def arguments() -> argparse.ArgumentParser:
    """The command line."""
    return _entry.parser("Create the DynamoDB table, its two indexes and its TTL; safe to run again.")


def main(options: argparse.Namespace) -> int:
    """Creates the table if it is missing; 0 when it is ready."""
    from api.dynamodb.control_plane.description import read_ttl
    from api.dynamodb.table_schema import describe_readiness
    from lifecycle.service_table import create

    settings = environment()
    _entry.show_location(settings.name)
    client = DynamoDBClient.get_client(patient=True)
    created = create(client, settings)
    state = describe_readiness(client)
    ttl = read_ttl(client, settings.table_name)
    if options.json:
        print(
            json.dumps(
                {
                    "table": settings.table_name,
                    "created": created,
                    "ready": state.ready,
                    "indexes": state.indexes,
                    "ttl": ttl.status,
                }
            )
        )
        return 0
    done = "created" if created else "is already there"
    table = f"table {settings.table_name} ({settings.table_environment}) at {settings.target}"
    print(f"{table}: {done}, {state.table}")
    for index in INDEXES:
        print(f"  {index.name} ({index.purpose}): {state.indexes[index.name]}")
    print(f"  TTL: {ttl}")
    return 0


if __name__ == "__main__":
    sys.exit(_entry.run(main, arguments().parse_args(), when_stopped=_entry.GO_ON))
