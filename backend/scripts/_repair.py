"""What the commands over a whole table share: limits of units, progress, and notes from which a run continues."""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from config.environment import environment
from config.options import positive

if TYPE_CHECKING:
    from api.dynamodb.table.store import Store
    from migration.progress import ProgressDisplay
    from repair.notebook import Notebook
    from repair.paced_calls import PacedCalls
    from table_exports.export_reader import TableExport


def add_options(parser: argparse.ArgumentParser) -> None:
    """Adds the options of a command that goes through a whole table."""
    add = parser.add_argument
    add("--max-rcu", type=positive, metavar="N", help="read at most N units a second")
    add("--max-wcu", type=positive, metavar="N", help="write at most N units a second")
    add("--workers", type=positive, default=8, metavar="N", help="scanning threads (default: 8)")
    add("--restart", action="store_true", help="begin anew where an interrupted run would be continued")


@dataclass(frozen=True)
class TableRun:
    """What a command works with: the table's store, its calls, the notes of the run, and its progress."""

    store: Store
    calls: PacedCalls
    notebook: Notebook
    progress: ProgressDisplay


@contextmanager
def table_run(options: argparse.Namespace, command: str, purpose: Mapping[str, Any]) -> Iterator[TableRun]:
    """Opens the configured table, and the notes of an interrupted run of that purpose, which are removed at the end.

    When the block fails the notes are kept. Raises `TableMissing`.
    """
    from api.dynamodb.client import DynamoDBClient
    from api.dynamodb.clock import utc_now
    from api.dynamodb.control_plane.description import describe_table
    from api.dynamodb.table.store import Store
    from api.dynamodb.transport.factory import bulk_transport_for
    from migration.progress import ProgressDisplay
    from repair.notebook import Notebook
    from repair.paced_calls import PacedCalls
    from repair.table_scan import segments_of

    settings = environment()
    client = DynamoDBClient.get_client(patient=True)
    table = describe_table(client, settings.table_name)
    target = hashlib.blake2b(settings.target.encode(), digest_size=4).hexdigest()
    path = settings.state_dir / command / f"{table.name}-{target}.sqlite3"
    if options.restart:
        path.unlink(missing_ok=True)
    segments = segments_of(table.items, options.workers, local=not settings.is_aws)
    calls = PacedCalls(bulk_transport_for(client), options.max_rcu, options.max_wcu)
    with Notebook(path, {"table": table.name, **purpose}, utc_now(), segments=segments) as notebook:
        progress = ProgressDisplay(
            command, table.items, initial=notebook.items_read(), unit="items", quiet=bool(options.json)
        )
        try:
            yield TableRun(Store(calls, table.name), calls, notebook, progress)
        finally:
            progress.close()
        notebook.remove()


@contextmanager
def export_run(folder: Path, *, quiet: bool) -> Iterator[tuple[TableExport, TableRun]]:
    """Opens a DynamoDB export as if it were a table. Raises `InvalidInput`, for damage with its file and line."""
    from api.dynamodb.table.store import Store
    from migration.progress import ProgressDisplay
    from repair.notebook import Notebook
    from repair.paced_calls import PacedCalls
    from table_exports.export_reader import open_export
    from table_exports.exported_table import ExportedTable

    export = open_export(folder)
    reading, checking = (
        ProgressDisplay(name, export.items, unit="items", quiet=quiet)
        for name in ("read export", "check-data")
    )
    with (
        closing(ExportedTable(export, progress=reading)) as table,
        Notebook(None, {}, export.moment) as notebook,
    ):
        reading.close()
        calls = PacedCalls(table)
        yield export, TableRun(Store(calls, export.table_name), calls, notebook, checking)
        checking.close()


def units_text(read_units: float, write_units: float) -> str:
    """What a run consumed, for people."""
    return f"{read_units:,.0f} RCU and {write_units:,.0f} WCU"
