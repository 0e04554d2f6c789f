"""The binlog as another reader has it: `mysql-replication` decodes every value, so it says what has changed.

What it is known to lose is not in the workload that both are compared on; tests of its own name each loss.
"""

from __future__ import annotations

from contextlib import closing
from datetime import datetime
from typing import Any

from pymysqlreplication import BinLogStreamReader
from pymysqlreplication.event import XidEvent
from pymysqlreplication.row_event import DeleteRowsEvent, UpdateRowsEvent, WriteRowsEvent

from config.environment import MySQLSource
from live.source.binlog import BinlogReader
from live.source.changes import Commit, Group, Position, RowChange
from live.source.table_map import WatchedTable

Transactions = list[list[RowChange]]


def by_reader(source: MySQLSource, watched: dict[str, WatchedTable], position: Position) -> Transactions:
    """The transactions after a position by the project's reader, those that changed a watched table."""
    transactions: Transactions = [[]]
    reader = BinlogReader(source, watched, position, server_id=3_000_000_001, blocking=False)
    with closing(reader):
        for event in reader.events():
            if isinstance(event, RowChange):
                transactions[-1].append(event)
            elif isinstance(event, Commit):
                transactions.append([])
    return [transaction for transaction in transactions if transaction]


def by_library(source: MySQLSource, watched: dict[str, WatchedTable], position: Position) -> Transactions:
    """The same by the library; the server has to have `binlog_row_metadata=FULL`."""
    transactions: Transactions = [[]]
    reader = BinLogStreamReader(
        {"host": source.host, "port": source.port, "user": source.user, "password": source.password},
        server_id=3_000_000_002, enable_logging=False, resume_stream=True,
        log_file=position.file, log_pos=position.offset,
        only_schemas=[source.database], only_tables=list(watched),
        only_events=[WriteRowsEvent, UpdateRowsEvent, DeleteRowsEvent, XidEvent],
    )  # fmt: skip
    with closing(reader):
        for event in reader:
            if isinstance(event, XidEvent):
                transactions.append([])
            else:
                transactions[-1] += [_change(watched[event.table], row) for row in event.rows]
    return [transaction for transaction in transactions if transaction]


def _change(table: WatchedTable, row: dict[str, dict[str, Any]]) -> RowChange:
    """A row of the library's as the project's reader has it."""
    images = [row["before_values"], row["after_values"]] if "after_values" in row else [row["values"]]
    first, last = images[0][table.key], images[-1][table.key]
    groups = tuple(_group(table, image) for image in images) if table.groups else ()
    return RowChange(table.name, last, first if first != last else None, groups)


def _group(table: WatchedTable, image: dict[str, Any]) -> Group:
    values = (image[name] for name in table.groups)
    return tuple(value.isoformat(" ") if isinstance(value, datetime) else value for value in values)
