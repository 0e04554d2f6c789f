"""Proves before a cutover that rows could be written back: on a row of each table, in a transaction that is undone."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import pymysql

from config.environment import MySQLSource
from live.reverse.rows import delete_rows, rows_of_ids, write_row
from live.reverse.state import TableState
from live.reverse.target import ReverseTarget
from migration.errors import MigrationError
from migration.mapping import STEPS, TEST_CASES, USAGE, MigrationStep, Row
from migration.source.errors import code_of, explain

_DENIED = frozenset({1044, 1142, 1143, 1227, 1370})
# A row that was never moved cannot be tried: the next ones are.
_ROWS = 20
# A row that was changed just now is ahead of the table.
_TRIES, _PAUSE_SECONDS = 3, 1.0


class _CameBackDifferent(MigrationError):
    """A row is not the one that the table's item makes of it."""


def try_direction_back(source: MySQLSource) -> None:
    """Deletes a copied row of each table, writes it again from the table's item, compares, and rolls back.

    Raises `MigrationError` that says what is missing. Reads up to twenty rows and things of each table.
    """
    with ReverseTarget(source, None) as target:
        try:
            target.create_tables()
            state = TableState()
            for step in STEPS:
                _try_again(target, state, step)
        except pymysql.Error as error:
            if code_of(error) in _DENIED:
                raise MigrationError(
                    f"the direction back cannot write {source}: GRANT CREATE, SELECT, INSERT, UPDATE, DELETE ON "
                    f"`{source.database}`.* to the account"
                ) from None
            raise MigrationError(explain(error, source)) from None


def _try_again(target: ReverseTarget, state: TableState, step: MigrationStep) -> None:
    for tries in range(_TRIES):
        try:
            _try_step(target, state, step)
            return
        except _CameBackDifferent:
            if tries + 1 == _TRIES:
                raise
        finally:
            target.connection.rollback()
        time.sleep(_PAUSE_SECONDS)


def _try_step(target: ReverseTarget, state: TableState, step: MigrationStep) -> None:
    form = target.formats[step.name]
    target.run(f"UPDATE `{step.table}` SET id = id WHERE id = -1")
    target.run(f"DELETE FROM `{step.table}` WHERE id = -1")
    rows = target.rows(f"SELECT {form.select} FROM `{step.table}` ORDER BY id LIMIT {_ROWS}")
    for row in rows:
        record = _stored_record(target, state, step, row)
        if record is None:
            continue
        number = int(row[0] or 0)
        delete_rows(target, form, [number])
        write_row(target, form, record, None)
        changes = form.changes(record, rows_of_ids(target, form, [number])[number])
        if changes or form.changes(record, row):
            raise _CameBackDifferent(
                f"row {number} of {step.table} comes back from the table as another ({', '.join(changes)}): run make "
                "dynamodb-live-verify"
            )
        return


def _stored_record(
    target: ReverseTarget, state: TableState, step: MigrationStep, row: Row
) -> Mapping[str, Any] | None:
    """The thing that a row became; None for a row that was not moved."""
    record = target.formats[step.name].record(row)
    if record is None or step is USAGE:
        return record
    if step is TEST_CASES:
        cases = {case["test_case_id"]: case for case in state.cases(record["problem_id"])}
        return cases.get(record["test_case_id"])
    (stored,) = state.read(step.name, [int(row[0] or 0)]).values()
    return stored
