"""Names the transactions that keep the gate from being moved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pymysql

from migration.source.errors import code_of

_DENIED = frozenset({1227, 1044, 1142})
_OPEN = (
    "SELECT t.trx_mysql_thread_id, t.trx_id, p.user, p.host, p.command, p.info "
    "FROM information_schema.innodb_trx t LEFT JOIN information_schema.processlist p "
    "ON p.id = t.trx_mysql_thread_id WHERE t.trx_mysql_thread_id NOT IN (0, CONNECTION_ID())"
)
_STATEMENT_CHARACTERS = 60


@dataclass(frozen=True)
class OpenTransaction:
    """A transaction of another connection: what `KILL` takes, whose it is, and what it does."""

    connection: int
    transaction: str
    account: str
    activity: str

    def __str__(self) -> str:
        return f"connection {self.connection} of {self.account} ({self.activity})"


def open_transactions(cursor: Any) -> Mapping[str, OpenTransaction] | None:
    """The transactions that other connections have open, by their ids; None without the privilege PROCESS."""
    try:
        cursor.execute(_OPEN)
    except pymysql.Error as error:
        if code_of(error) in _DENIED:
            return None
        raise
    transactions = {}
    for connection, transaction, user, host, command, statement in cursor.fetchall():
        activity = "idle" if command == "Sleep" else str(statement or command)[:_STATEMENT_CHARACTERS]
        account = f"{user}@{str(host or '').rpartition(':')[0] or host}"
        transactions[str(transaction)] = OpenTransaction(int(connection), str(transaction), account, activity)
    return transactions


def still_open(
    before: Mapping[str, OpenTransaction] | None, after: Mapping[str, OpenTransaction] | None
) -> list[OpenTransaction]:
    """The transactions that are in both lists, that is, have been open all the time between them."""
    return [transaction for name, transaction in (after or {}).items() if name in (before or {})]
