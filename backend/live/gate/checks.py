"""Says beforehand what would keep the gate from being installed, or from saying whose transactions hold it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pymysql

from config.environment import MySQLSource
from live.gate.gate import gate_failures
from live.gate.statements import REFUSED, triggers
from live.preflight import Check
from migration.source.connection import open_mysql
from migration.source.errors import code_of, explain

TRIAL_GATE, TRIAL_TABLE = "algoitny_live_trial_gate", "algoitny_live_trial"
_NO_TRIGGERS_WITH_BINLOG = 1419
_DENIED = frozenset({1044, 1142, 1227, 1370})


def gate_checks(source: MySQLSource, *, trial: bool, needed: bool = True) -> Iterator[Check]:
    """The checks of the gate. `trial` installs one on a table of its own, which it creates and drops.

    Unless it is `needed` now, what would fail is said and counts as passed. Raises `MigrationError` for a server that
    cannot be reached.
    """
    with gate_failures(source):
        connection = open_mysql(source, autocommit=True, read_timeout=60.0)
        try:
            with connection.cursor() as cursor:
                for check in (_process(cursor), *([_trial(cursor, source)] if trial else [])):
                    yield check if needed or check.passed else _later(check)
        finally:
            connection.close()


def _later(check: Check) -> Check:
    return Check(check.name, True, f"a cutover will need it: {check.remedy}")


def _process(cursor: Any) -> Check:
    name = "seeing who holds the gate"
    try:
        cursor.execute("SELECT COUNT(*) FROM information_schema.innodb_trx")
    except pymysql.Error as error:
        if code_of(error) not in _DENIED:
            raise
        return Check(name, True, "not granted; GRANT PROCESS ON *.* lets a cutover name who holds it up")
    return Check(name, True, "granted")


def _trial(cursor: Any, source: MySQLSource) -> Check:
    """Doing it is the only proof that this account may: grants come by roles, and servers have settings."""
    name = "triggers of the gate"
    try:
        _install_trial(cursor)
    except pymysql.Error as error:
        return Check(name, False, explain(error, source), _remedy(error, source))
    finally:
        _remove_trial(cursor)
    return Check(
        name, True, "a trial refused a write; REVOKE DROP from the application: TRUNCATE passes them"
    )


def _install_trial(cursor: Any) -> None:
    trigger = next(iter(triggers([TRIAL_TABLE], TRIAL_GATE)))
    for statement in (
        f"CREATE TABLE IF NOT EXISTS `{TRIAL_GATE}` (id TINYINT PRIMARY KEY, writer VARCHAR(16), epoch BIGINT)",
        f"CREATE TABLE IF NOT EXISTS `{TRIAL_TABLE}` (id INT PRIMARY KEY)",
        f"DROP TRIGGER IF EXISTS `{trigger.name}`",
        trigger.create(),
    ):
        cursor.execute(statement)
    try:
        cursor.execute(f"INSERT INTO `{TRIAL_TABLE}` VALUES (1)")
    except pymysql.Error as error:  # the trial gate has no row, so it refuses everybody
        if code_of(error) != REFUSED:
            raise
    else:
        raise pymysql.OperationalError(0, "a trigger that refuses an INSERT did not fire")


def _remove_trial(cursor: Any) -> None:
    for table in (TRIAL_TABLE, TRIAL_GATE):
        try:
            cursor.execute(f"DROP TABLE IF EXISTS `{table}`")
        except pymysql.Error as error:
            if code_of(error) not in _DENIED:
                raise


def _remedy(error: pymysql.Error, source: MySQLSource) -> str:
    if code_of(error) == _NO_TRIGGERS_WITH_BINLOG:
        return (
            "set log_bin_trust_function_creators = 1 (on a managed server in its parameter group): without it only "
            "SUPER may create triggers while there is a binlog"
        )
    return (
        f"GRANT CREATE, DROP, TRIGGER, SELECT, INSERT, UPDATE, DELETE ON `{source.database}`.* to the account"
    )
