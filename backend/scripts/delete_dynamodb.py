"""Deletes the table with all its data, after its name was typed (or --yes)."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from api.dynamodb.client import DynamoDBClient
from config.environment import environment
from lifecycle.service_table import delete
from migration.errors import MigrationError
from scripts import _entry


def arguments() -> argparse.ArgumentParser:
    """The command line."""
    made = _entry.parser("Delete the DynamoDB table and all its data.")
    made.add_argument("--yes", action="store_true", help="do not ask for the table's name")
    return made


def _typed(question: str) -> str:
    """What was typed; nothing when the input ended."""
    try:
        return input(question)
    except EOFError:
        print()  # the line of the question is still open
        return ""


def main(options: argparse.Namespace) -> int:
    """Deletes the table; 0 also when there was none."""
    settings = environment()
    if not options.yes:
        if not sys.stdin.isatty():
            raise MigrationError(
                f"deleting {settings.table_name} wants its name typed: run it on a terminal, or give --yes"
            )
        typed = _typed(
            f"This deletes {settings.table_name} at {settings.target} and all its data. Type its name: "
        )
        if typed.strip() != settings.table_name:
            raise MigrationError("the name does not match: nothing was deleted")
    deleted = delete(DynamoDBClient.get_client(patient=True), settings)
    if options.json:
        print(json.dumps({"table": settings.table_name, "deleted": deleted}))
    else:
        print(
            f"table {settings.table_name} at {settings.target}: {'deleted' if deleted else 'there was none'}"
        )
    return 0


if __name__ == "__main__":
    sys.exit(
        _entry.run(
            main,
            arguments().parse_args(),
            when_stopped="what was done is kept, run the command again to go on",
        )
    )
