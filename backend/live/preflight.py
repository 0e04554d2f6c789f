"""What would make a live move fail, looked for before anything is changed: one line and one remedy for each."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass

from config.environment import MySQLSource
from live.source.binlog import MOST_OFFSET, BinlogReader
from live.source.changes import SourceLost, SourceRefused
from live.source.server import SourceServer
from migration.mapping import STEPS

# Rows a second that a bulk copy moves at least, and how much longer than predicted it may take.
_ROWS_PER_SECOND = 2_000
_MARGIN = 3


@dataclass(frozen=True)
class Check:
    """One check: what was looked at, whether it is as it has to be, what it is, and what to do."""

    name: str
    passed: bool
    state: str
    remedy: str = ""

    def __str__(self) -> str:
        text = f"{'ok  ' if self.passed else 'FAIL'} {self.name}: {self.state}"
        return text if self.passed or not self.remedy else f"{text}; {self.remedy}"


# Setting, accepted values, remedy. A setting that the server does not have is as it should be.
_SETTINGS = (
    ("log_bin", ("ON", "1"), "set log_bin and server_id, and restart the server"),
    ("binlog_format", ("ROW",), "SET GLOBAL binlog_format = 'ROW', and reconnect the application"),
    ("binlog_row_image", ("FULL",), "SET GLOBAL binlog_row_image = 'FULL', and reconnect the application"),
    ("binlog_row_value_options", ("",), "SET GLOBAL binlog_row_value_options = ''"),
    ("binlog_transaction_compression", ("OFF", "0"), "SET GLOBAL binlog_transaction_compression = OFF"),
    ("binlog_order_commits", ("ON", "1"), "SET GLOBAL binlog_order_commits = ON: the barrier needs it"),
)  # fmt: skip


def checks(source: MySQLSource) -> Iterator[Check]:
    """Every check of the source. Reads settings and the definitions of tables; changes nothing.

    Raises `SourceLost` when the source does not answer.
    """
    with SourceServer(source) as server:
        values = server.variables(*(name for name, _, _ in _SETTINGS), "server_id")
        for name, accepted, remedy in _SETTINGS:
            if name in values:
                yield Check(name, values[name].upper() in accepted, values[name] or "empty", remedy)
        number = values.get("server_id", "0")
        yield Check("server_id", number != "0", number, "set server_id to a number of its own")
        if values.get("log_bin", "").upper() not in ("ON", "1"):
            return
        yield from _tried(source, server)
        yield from _tables(server)
        yield _retention(server)


def _tried(source: MySQLSource, server: SourceServer) -> Iterator[Check]:
    """What the account may do, by doing it."""
    try:
        filtered = server.binlog_filter()
        position = server.position()
    except SourceRefused as refused:
        yield Check(
            "binlog position",
            False,
            str(refused),
            "GRANT BINLOG MONITOR (MySQL: REPLICATION CLIENT) ON *.* to the account",
        )
        return
    yield Check("binlog filter", not filtered, filtered or "none", "remove the filter")
    yield Check(
        "binlog position",
        position.offset <= MOST_OFFSET,
        str(position),
        "FLUSH BINARY LOGS, and set max_binlog_size to 1 GB",
    )
    try:
        reader = BinlogReader(
            source, {}, position, server_id=secrets.randbelow(2**31) + 2**31 - 1, blocking=False
        )
        with closing(reader):
            for _ in reader.events():
                pass
        yield Check("reading the binlog", True, "granted")
    except (SourceLost, SourceRefused) as failed:
        yield Check("reading the binlog", False, str(failed), "GRANT REPLICATION SLAVE ON *.* to the account")
    try:
        is_open = server.has_open_xa()
        yield Check(
            "prepared XA transactions",
            not is_open,
            "some" if is_open else "none",
            "commit or roll back what XA RECOVER lists",
        )
    except SourceRefused as refused:
        yield Check("prepared XA transactions", False, str(refused), "GRANT XA_RECOVER_ADMIN to the account")


def _tables(server: SourceServer) -> Iterator[Check]:
    """The moved tables are logged with their key, and nothing changes their rows unseen."""
    rows = server.query(
        "SELECT table_name, table_type, engine FROM information_schema.tables WHERE table_schema = DATABASE()"
    )
    tables = {str(name).lower(): (str(kind), str(engine)) for name, kind, engine in rows}
    keys: dict[str, list[str]] = {}
    for name, column in server.query(
        "SELECT table_name, column_name FROM information_schema.statistics WHERE table_schema = DATABASE() "
        "AND index_name = 'PRIMARY' ORDER BY table_name, seq_in_index"
    ):
        keys.setdefault(str(name).lower(), []).append(str(column).lower())
    for step in STEPS:
        kind, engine = tables.get(step.table, ("missing", ""))
        yield Check(
            f"table {step.table}",
            kind == "BASE TABLE" and engine.lower() == "innodb",
            f"{kind.lower()} {engine}".strip(),
            "a live move needs the InnoDB tables themselves, not views of them",
        )
        key = keys.get(step.table, [])
        yield Check(
            f"primary key of {step.table}",
            key == ["id"],
            ", ".join(key) or "none",
            "make `id` the primary key: changes are found by it",
        )
    cascades = list(server.cascades())
    yield Check(
        "foreign keys that change rows",
        not cascades,
        ", ".join(cascades) or "none",
        "make them ON DELETE RESTRICT: what the engine cascades is not in the binlog",
    )


def _retention(server: SourceServer) -> Check:
    """The binlog is kept for longer than the bulk copy takes, with a margin."""
    values = server.variables("binlog_expire_logs_seconds", "expire_logs_days")
    seconds = float(values.get("binlog_expire_logs_seconds") or 0)
    seconds = seconds or float(values.get("expire_logs_days") or 0) * 86_400
    placed = ", ".join(f"'{step.table}'" for step in STEPS)
    ((rows,),) = server.query(
        "SELECT SUM(table_rows) FROM information_schema.tables WHERE table_schema = DATABASE() "
        f"AND table_name IN ({placed})"
    )
    predicted = float(rows or 0) / _ROWS_PER_SECOND
    needed = max(3_600.0, predicted * _MARGIN)
    retention = f"{seconds / 3600:,.1f} hours" if seconds else "without limit"
    return Check(
        "binlog retention",
        not seconds or seconds > needed,
        f"{retention}, and the bulk copy of {int(rows or 0):,} rows takes some {predicted / 60:,.0f} minutes",
        f"keep the binlog for {needed / 3600:,.1f} hours or more: SET GLOBAL binlog_expire_logs_seconds",
    )
