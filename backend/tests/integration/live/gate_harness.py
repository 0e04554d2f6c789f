"""A source with the gate on its tables, and connections that write to it as its people do."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pymysql

from config.environment import MySQLSource
from live.gate import APPLICATION, NOBODY, Gate, GateState
from live.gate.statements import EPOCH_VARIABLE
from tests.support.sources import connect

PLAN = (
    "INSERT INTO subscription_plans (id, name, max_hints_per_day, max_executions_per_day, is_active, created_at) "
    "VALUES (%s, CONCAT('Plan ', %s), 5, 50, 1, '2026-11-01')"
)
OPEN, SHUT = GateState(APPLICATION, 1), GateState(NOBODY, 2)


class Writer:
    """One connection of somebody who writes; `epoch` makes it a reverse writer's."""

    def __init__(self, source: MySQLSource, epoch: int | None = None) -> None:
        self.connection = connect(source)
        if epoch is not None:
            self.run(f"SET {EPOCH_VARIABLE} = {epoch}")

    def run(self, statement: str, *values: object) -> int:
        """0, or the number of the error that the statement met."""
        try:
            with self.connection.cursor() as cursor:
                cursor.execute(statement, values or None)
        except pymysql.Error as error:
            return int(error.args[0])
        return 0

    def add_plan(self, number: int) -> int:
        """Inserts a plan."""
        return self.run(PLAN, number, number)


@contextlib.contextmanager
def writing(source: MySQLSource, epoch: int | None = None) -> Iterator[Writer]:
    """A writer until the block ends."""
    writer = Writer(source, epoch)
    try:
        yield writer
    finally:
        writer.connection.close()


@contextlib.contextmanager
def gated(source: MySQLSource) -> Iterator[Gate]:
    """The gate, installed and open for the application; waits a second at most."""
    with Gate(source, wait_seconds=1) as gate:
        gate.install(OPEN.epoch)
        yield gate


def account(source: MySQLSource, name: str, *grants: str) -> MySQLSource:
    """The source as another account with these grants on its database, made anew."""
    with contextlib.closing(connect(source)) as connection, connection.cursor() as cursor:
        cursor.execute(f"DROP USER IF EXISTS '{name}'@'%'")
        cursor.execute(f"CREATE USER '{name}'@'%' IDENTIFIED BY 'x'")
        for grant in grants:
            cursor.execute(f"GRANT {grant} ON `{source.database}`.* TO '{name}'@'%'")
    return replace(source, user=name, password="x")


def numbers(source: MySQLSource, table: str = "subscription_plans") -> list[Any]:
    """The ids of a table's rows."""
    with contextlib.closing(connect(source)) as connection, connection.cursor() as cursor:
        cursor.execute(f"SELECT id FROM `{table}` ORDER BY id")
        return [row[0] for row in cursor.fetchall()]
