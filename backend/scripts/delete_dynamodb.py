"""Deletes the table with all its data, after its name is typed (or --yes) and a backup is made (or --no-backup)."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from api.dynamodb.client import DynamoDBClient
from config.environment import environment
from scripts import _entry


def arguments() -> argparse.ArgumentParser:
    """The command line."""
    parser = _entry.parser("Delete the DynamoDB table and all its data, after a backup.")
    parser.add_argument("--yes", action="store_true", help="do not ask for the table's name")
    parser.add_argument("--no-backup", action="store_true", help="delete it without a backup")
    return parser


def main(options: argparse.Namespace) -> int:
    """Deletes the table; 0 also when there was none."""
    from lifecycle.service_table import delete

    settings = environment()
    _entry.show_location(settings.name)
    target = f"table {settings.table_name} ({settings.table_environment}) at {settings.target}"
    backup = "without a backup" if options.no_backup else "after a backup"
    _entry.confirm(
        f"deleting {target} and all its data, {backup},", [settings.table_name], confirmed=options.yes
    )
    deletion = delete(
        DynamoDBClient.get_client(patient=True), settings,
        makes_backup=not options.no_backup, progress=_show_progress,
    )  # fmt: skip
    if options.json:
        document = {"deleted": deletion.deleted, "backup": deletion.backup}
        print(json.dumps({"table": settings.table_name, **document}))
    else:
        print(f"{target}: {'deleted' if deletion.deleted else 'there was none'}")
    return 0


def _show_progress(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(_entry.run(main, arguments().parse_args(), when_stopped=_entry.GO_ON))
