"""Installs the gate and moves it from one writer to another.

A transaction that has written any of the tables holds a shared lock on the gate's row until it ends. Moving the gate
takes the exclusive lock: it waits for those transactions, makes newcomers wait meanwhile, and whoever writes after it
is refused with error 1644, whatever his privileges or his snapshot.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, Self

import pymysql

from config.environment import MySQLSource
from live.gate.blockers import OpenTransaction, open_transactions, still_open
from live.gate.statements import APPLICATION, CREATE_TABLE, GATE_TABLE, NOBODY, REVERSE, Trigger, triggers
from migration.errors import MigrationError
from migration.mapping import STEPS
from migration.source.connection import open_mysql
from migration.source.errors import code_of, explain

__all__ = ["APPLICATION", "NOBODY", "REVERSE", "Gate", "GateBusy", "GateMoved", "GateState", "gate_failures"]

TABLES = tuple(step.table for step in STEPS)
WAIT_SECONDS = 3
_WAITED_TOO_LONG, _DEADLOCK, _NO_TABLE = 1205, 1213, 1146
# The server keeps what it says about transactions for 0.1 s after each question.
_SHORT_SECONDS = 0.3


@dataclass(frozen=True)
class GateState:
    """Who may write MySQL's tables, and the epoch since when."""

    writer: str
    epoch: int

    def __str__(self) -> str:
        return f"{self.writer} (epoch {self.epoch})"


class GateBusy(MigrationError):
    """Open transactions kept the gate from being moved or installed; nothing was changed."""

    def __init__(self, seconds: int, blockers: Sequence[OpenTransaction]) -> None:
        if blockers:
            kills = "; ".join(f"KILL {blocker.connection}" for blocker in blockers)
            whose = f"{', '.join(map(str, blockers))}: end it ({kills}), then run the command again"
        else:
            whose = "GRANT PROCESS to this account to see whose they are, or run the command again"
        super().__init__(
            f"transactions that have been open for more than {seconds} s hold the tables: {whose}"
        )
        self.blockers = list(blockers)


class GateMoved(MigrationError):
    """The gate is not where the caller believed it to be; `current` is where it is, None when there is none."""

    def __init__(self, expected: GateState, current: GateState | None) -> None:
        now = "is not installed" if current is None else f"lets {current} write"
        super().__init__(
            f"the gate in MySQL {now}, not {expected}: another command has moved it, "
            "see make dynamodb-live-status"
        )
        self.current = current


@contextmanager
def gate_failures(source: MySQLSource) -> Iterator[None]:
    """Turns errors of MySQL into `MigrationError` with one line."""
    try:
        yield
    except pymysql.Error as error:
        raise MigrationError(explain(error, source)) from None


class Gate:
    """The gate of one source, over a connection of its own; a context manager. Not thread-safe.

    `wait_seconds` (at least 1) is how long it waits for open transactions, and so how long it can stop the
    application's writes. Every method raises `MigrationError` with one line.
    """

    def __init__(self, source: MySQLSource, *, wait_seconds: int = WAIT_SECONDS) -> None:
        self._source, self._wait = source, wait_seconds
        with gate_failures(source):
            self._connection = open_mysql(source, autocommit=True, read_timeout=60.0)
            self._run(
                f"SET SESSION innodb_lock_wait_timeout = {wait_seconds}, lock_wait_timeout = {wait_seconds}"
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes the connection."""
        self._connection.close()

    def _run(self, statement: str, values: Sequence[object] = ()) -> tuple[int, Sequence[Any]]:
        """The number of rows that a statement changed or returned, and the rows."""
        with self._connection.cursor() as cursor:
            return cursor.execute(statement, values or None), cursor.fetchall()

    def install(self, epoch: int, tables: Sequence[str] = TABLES) -> list[str]:
        """Creates what is missing of the gate, open for the application, and returns the triggers it made.

        Three CREATE TRIGGER for each table, and each waits for the transactions that use that table. A gate that is
        there keeps its writer and its epoch. Raises `GateBusy`, and `MigrationError` for a trigger that somebody has
        changed.
        """
        with gate_failures(self._source):
            self._run(CREATE_TABLE)
            row = (APPLICATION, epoch)
            self._run(f"INSERT IGNORE INTO `{GATE_TABLE}` (id, writer, epoch) VALUES (1, %s, %s)", row)
            created = []
            for trigger in self._missing(tables):
                self._waiting(partial(self._run, trigger.create()))
                created.append(trigger.name)
        return created

    def _missing(self, tables: Sequence[str]) -> list[Trigger]:
        _, rows = self._run(
            "SELECT trigger_name, action_statement FROM information_schema.triggers "
            "WHERE trigger_schema = DATABASE() AND trigger_name LIKE %s",
            [f"{GATE_TABLE}%"],
        )
        existing = {str(name): " ".join(str(body).split()) for name, body in rows}
        missing = []
        for trigger in triggers(list(tables)):
            if trigger.name not in existing:
                missing.append(trigger)
            elif existing[trigger.name] != trigger.body:
                raise MigrationError(
                    f"the trigger {trigger.name} is not this version's: DROP TRIGGER `{trigger.name}`, then run the "
                    "command again"
                )
        return missing

    def is_complete(self, tables: Sequence[str] = TABLES) -> bool:
        """Whether the row and every trigger are there, unchanged."""
        with gate_failures(self._source):
            return self.state() is not None and not self._missing(tables)

    def state(self) -> GateState | None:
        """Where the gate is; None when it is not installed. One SELECT."""
        with gate_failures(self._source):
            try:
                _, rows = self._run(f"SELECT writer, epoch FROM `{GATE_TABLE}` WHERE id = 1")
            except pymysql.Error as error:
                if code_of(error) == _NO_TABLE:
                    return None
                raise
        return GateState(str(rows[0][0]), int(rows[0][1])) if rows else None

    def move(self, current: GateState, target: GateState) -> None:
        """Lets another writer in, and nobody else; does nothing when the gate is there already.

        Waits for the transactions that have written. `target.epoch` is greater than `current.epoch`, or the same where
        a shut gate is opened. Raises `GateBusy`, and `GateMoved` when the gate is somewhere else.
        """
        values = (target.writer, target.epoch, current.writer, current.epoch)
        statement = (
            f"UPDATE `{GATE_TABLE}` SET writer = %s, epoch = %s WHERE id = 1 AND writer = %s AND epoch = %s"
        )
        with gate_failures(self._source):
            changed, _ = self._waiting(lambda: self._run(statement, values))
        if not changed and (state := self.state()) != target:
            raise GateMoved(current, state)

    def _waiting(self, action: Callable[[], tuple[int, Sequence[Any]]]) -> tuple[int, Sequence[Any]]:
        """Does something that waits for open transactions. Raises `GateBusy`, which names those still open."""
        try:
            return action()
        except pymysql.Error as error:
            if code_of(error) not in (_WAITED_TOO_LONG, _DEADLOCK):
                raise
        with self._connection.cursor() as cursor:
            before = open_transactions(cursor)
            time.sleep(_SHORT_SECONDS)  # the writes that waited behind this one end meanwhile
            raise GateBusy(self._wait, still_open(before, open_transactions(cursor)))

    def remove(self, tables: Sequence[str] = TABLES) -> None:
        """Removes triggers and row: everybody writes as before. Waits as `install` does. Raises `GateBusy`."""
        with gate_failures(self._source):
            for trigger in triggers(list(tables)):
                self._waiting(partial(self._run, f"DROP TRIGGER IF EXISTS `{trigger.name}`"))
            self._run(f"DROP TABLE IF EXISTS `{GATE_TABLE}`")
