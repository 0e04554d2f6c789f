"""Exports the table as JSON Lines in long names, or its data model for NoSQL Workbench. Reads only."""

from __future__ import annotations

import argparse
import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from api.dynamodb.errors import InvalidInput
from config.environment import environment
from scripts import _entry

if TYPE_CHECKING:
    from api.dynamodb.transport.factory import DynamoDBTransport
    from inspection.export_files import ExportOptions

_SEGMENTS = 16


def arguments() -> argparse.ArgumentParser:
    """The command line."""
    parser = _entry.parser(
        "Export the table as JSON Lines in long names, a folder for each kind of item, for Athena or DuckDB; or "
        "write its data model with access patterns for NoSQL Workbench. An export that was interrupted goes on when "
        "the command is run again with the same folder. Exit code 0: everything is exported; 1: a text of some "
        "records could not be read, which are exported without it; 2: it could not go on."
    )
    target = parser.add_mutually_exclusive_group(required=True)
    target.add_argument("--jsonl", type=Path, metavar="DIR", help="export the items into this folder")
    target.add_argument(
        "--workbench", type=Path, metavar="FILE", help="write the data model into this file; calls nothing"
    )
    parser.add_argument(
        "--max-rcu", type=float, metavar="N", help="read at most N units a second (default: no limit)"
    )
    parser.add_argument(
        "--segments", type=int, default=_SEGMENTS, metavar="N",
        help=f"read the table in N parts, which are files of their own (default: {_SEGMENTS})",
    )  # fmt: skip
    parser.add_argument(
        "--personal", action="store_true",
        help="include e-mail addresses, names, pictures, Google ids, devices and network addresses",
    )  # fmt: skip
    parser.add_argument(
        "--from-export", type=Path, metavar="DIR", dest="source",
        help="with --jsonl: read the DynamoDB export (ExportTableToPointInTime) in this folder instead of the table",
    )  # fmt: skip
    return parser


def main(options: argparse.Namespace) -> int:
    """Writes the data model or the items. Returns 0, or 1 if the text of a record could not be read."""
    if options.workbench is None:
        return _export(options)
    if options.source is not None:
        raise InvalidInput("--from-export goes with --jsonl: the data model is the same for every table")
    return _write_model(options)


def _write_model(options: argparse.Namespace) -> int:
    from inspection.workbench import data_model

    settings = environment()
    model = data_model(settings.table_name, datetime.now(UTC).date())
    file: Path = options.workbench
    if not file.absolute().parent.is_dir():
        raise FileNotFoundError(f"--workbench {file}: there is no folder {file.parent}")
    new = file.with_name(f"{file.name}.new")
    new.write_text(json.dumps(model, ensure_ascii=False, indent=2), encoding="utf-8")
    new.replace(file)
    facets = len(model["DataModel"][0]["TableFacets"])
    if options.json:
        print(json.dumps({"file": str(file), "facets": facets}))
    else:
        print(
            f"wrote {file}: the data model of {settings.table_name} with {facets} facets; import it in NoSQL Workbench"
        )
    return 0


def _source(options: argparse.Namespace) -> tuple[ExportOptions, DynamoDBTransport, int]:
    """What is exported, the transport to it, and about how many items it has."""
    from inspection.export_files import ExportOptions

    if options.source is not None:
        from table_exports.export_reader import open_export
        from table_exports.exported_table import ExportedTable

        export = open_export(options.source)
        chosen = ExportOptions(export.table_name, str(options.source.resolve()), 1, options.personal)
        return chosen, ExportedTable(export), export.items
    from api.dynamodb.client import DynamoDBClient
    from api.dynamodb.control_plane.description import describe_table
    from api.dynamodb.transport.factory import bulk_transport_for

    settings = environment()
    client = DynamoDBClient.get_client(patient=True)
    table = describe_table(client, settings.table_name)
    chosen = ExportOptions(settings.table_name, settings.target, options.segments, options.personal)
    return chosen, bulk_transport_for(client), table.items


def _export(options: argparse.Namespace) -> int:
    from inspection.export import TableExport
    from inspection.export_files import ExportFolder
    from reporting.numbers import plural

    if not 1 <= options.segments <= 1_000_000:
        raise InvalidInput(f"--segments is {options.segments}: give a number from 1 to 1,000,000")
    if options.max_rcu is not None and not options.max_rcu > 0:
        raise InvalidInput(f"--max-rcu is {options.max_rcu:g}: give a number above 0")
    os.umask(0o077)  # an export may hold what is private
    chosen, transport, total = _source(options)
    folder = ExportFolder(options.jsonl, chosen)
    was_completed = folder.completed
    result = TableExport(
        transport, chosen.table, folder, chosen.segments, personal=options.personal, max_rcu=options.max_rcu,
        total=total, progress=lambda line: print(line, file=sys.stderr, flush=True),
    ).run()  # fmt: skip
    if options.source is not None:
        result.read_units = 0.0
    report = {
        "folder": str(options.jsonl), "table": chosen.table, "was_completed": was_completed,
        "items": sum(result.counts.values()), "kinds": dict(sorted(result.counts.items())),
        "read_units": result.read_units, "unreadable": result.unreadable_count,
        "unreadable_keys": result.unreadable,
    }  # fmt: skip
    if options.json:
        print(json.dumps(report))
    elif was_completed:
        print(f"{options.jsonl} holds a finished export of {chosen.table}: name another folder for a new one")
    else:
        for kind, count in sorted(result.counts.items()):
            print(
                f"  {kind}: {count:,}{' (in the records that they belong to)' if kind == 'text_part' else ''}"
            )
        print(f"exported {plural(sum(result.counts.values()), 'item')} of {chosen.table} to {options.jsonl} "
              f"with {result.read_units:,.1f} RCU")  # fmt: skip
    if result.unreadable_count:
        records = plural(result.unreadable_count, "record")
        print(
            f"{records} could not be read completely, such as {' / '.join(result.unreadable[0])}",
            file=sys.stderr,
        )
    return _entry.EXIT_DIFFERENT if result.unreadable_count else 0


if __name__ == "__main__":
    sys.exit(_entry.run(main, arguments().parse_args(), when_stopped=_entry.GO_ON))
