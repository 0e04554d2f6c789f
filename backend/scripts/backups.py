"""On-demand backups: lists them with what they cost, and restores one to a new table."""

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
    parser = argparse.ArgumentParser(
        description="List on-demand backups, or restore one to a new table.", allow_abbrev=False
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    command = commands.add_parser(
        "list", help="show backups with their size and monthly cost", allow_abbrev=False
    )
    command.add_argument("--table", metavar="NAME", help="of this table (default: the service's own)")
    command.add_argument("--all", action="store_true", help="of every table")
    _entry.add_common_options(command)
    command = commands.add_parser("restore", help="restore a backup to a new table", allow_abbrev=False)
    command.add_argument("arn", metavar="ARN", help="the backup, as list shows it")
    command.add_argument("--to", metavar="NAME", help="the new table (default: the old name and _restored)")
    _entry.add_common_options(command)
    return parser


def main(options: argparse.Namespace) -> int:
    """Lists or restores; 0 when it is done."""
    return _list(options) if options.command == "list" else _restore(options)


def _list(options: argparse.Namespace) -> int:
    from lifecycle.backup_catalog import list_backups
    from reporting.numbers import byte_size, dollars, plural

    settings = environment()
    table = None if options.all else options.table or settings.table_name
    backups = list_backups(DynamoDBClient.get_client(patient=True), table)
    total = sum(backup.dollars_a_month for backup in backups)
    if options.json:
        rows = [backup.as_json() for backup in backups]
        print(json.dumps({"backups": rows, "dollars_a_month": total}))
        return 0
    for backup in backups:
        print(
            f"{backup.created:%Y-%m-%d %H:%M} UTC  {backup.table}  {backup.status}  {byte_size(backup.size_bytes)}, "
            f"{dollars(backup.dollars_a_month)} a month\n  {backup.arn}"
        )
    scope = f"of {table}" if table else "of all tables"
    print(
        f"{plural(len(backups), 'backup')} {scope} at {settings.target}, {dollars(total)} a month until deleted"
    )
    return 0


def _restore(options: argparse.Namespace) -> int:
    from lifecycle.backup_catalog import restore, table_of

    settings = environment()
    target = options.to or f"{table_of(options.arn)}_restored"
    table = restore(
        DynamoDBClient.get_client(patient=True), options.arn, target,
        progress=lambda line: print(line, file=sys.stderr, flush=True),
    )  # fmt: skip
    if options.json:
        print(json.dumps({"table": table.name, "state": table.status, "items": table.items}))
        return 0
    print(
        f"table {table.name} at {settings.target}: restored, {table.status}\n"
        "It has no TTL, stream, tags, recovery and protection yet. With DYNAMODB_TABLE set to it, make "
        "dynamodb-changes-check lists what is missing."
    )
    return 0


if __name__ == "__main__":
    sys.exit(
        _entry.run(main, arguments().parse_args(), when_stopped="AWS goes on restoring, run it again to wait")
    )
