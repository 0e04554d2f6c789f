"""Writes rows: locks and reads them, then UPDATE by id of the columns that differ, INSERT where there is none.

Never INSERT ... ON DUPLICATE KEY UPDATE or REPLACE: these would hit another row that has the same unique value.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Protocol

from live.reverse.row_format import RowFormat
from live.reverse.target import ReverseTarget
from migration.mapping import Row

_CHUNK = 200


class RefusedRow(Exception):
    """A thing's row cannot be written, for this reason; it becomes a letter."""


class ReadsThings(Protocol):
    """Reads the present state of things of a kind, by id."""

    def read(self, name: str, ids: Iterable[int]) -> dict[int, Mapping[str, Any] | None]:
        """None where there is none."""
        ...


def chunks(ids: Iterable[int]) -> Iterable[Sequence[int]]:
    """The ids in order, some at a time."""
    ordered = sorted(ids)
    for start in range(0, len(ordered), _CHUNK):
        yield ordered[start : start + _CHUNK]


def locked_rows(
    target: ReverseTarget, form: RowFormat, where: str, values: Collection[object]
) -> dict[int, Row]:
    """The rows of a condition by id, locked until the transaction ends."""
    rows = target.rows(
        f"SELECT {form.select} FROM `{form.step.table}` WHERE {where} FOR UPDATE", list(values)
    )
    return {int(row[0] or 0): row for row in rows}


def rows_of_ids(target: ReverseTarget, form: RowFormat, ids: Collection[int]) -> dict[int, Row]:
    """The rows with these ids, locked."""
    if not ids:
        return {}
    return locked_rows(target, form, f"id IN ({', '.join(['%s'] * len(ids))})", ids)


def write_row(target: ReverseTarget, form: RowFormat, state: Mapping[str, Any], row: Row | None) -> bool:
    """Brings a row to a state; `row` is what it is now, None for no row. Returns whether anything was written."""
    table = form.step.table
    if row is None:
        values = form.values(state)
        names = ", ".join(f"`{name}`" for name in values)
        marks = ", ".join(["%s"] * len(values))
        target.run(f"INSERT INTO `{table}` ({names}) VALUES ({marks})", list(values.values()))
        return True
    changes = form.changes(state, row)
    assigned = {name: value for name, value in changes.items() if not _keeps_time(form, name, value)}
    if not assigned:
        return False
    assignments = ", ".join(f"`{name}` = %s" for name in assigned)
    target.run(f"UPDATE `{table}` SET {assignments} WHERE id = %s", [*assigned.values(), row[0]])
    return True


def _keeps_time(form: RowFormat, name: str, value: Any) -> bool:
    """Whether an existing time stays because the thing has none and the column takes no NULL."""
    return value is None and not form.takes_null(name)


def delete_rows(target: ReverseTarget, form: RowFormat, ids: Collection[int]) -> None:
    """Deletes rows by id, if they are there."""
    if ids:
        marks = ", ".join(["%s"] * len(ids))
        target.run(f"DELETE FROM `{form.step.table}` WHERE id IN ({marks})", list(ids))


def apply_things(
    target: ReverseTarget, source: ReadsThings, name: str, ids: Collection[int], removed: Collection[int]
) -> int:
    """Brings the rows of things without unique values (runs) to their state; the number of rows written.

    A thing that is gone is deleted if it is in `removed`: otherwise a record that says who removed it will follow.
    """
    form = target.formats[name]
    written = 0
    for chunk in chunks(ids):
        rows = rows_of_ids(target, form, chunk)
        states = source.read(name, chunk)
        for number, state in states.items():
            if state is not None:
                written += write_row(target, form, state, rows.get(number))
        gone = [n for n, state in states.items() if state is None and n in removed and n in rows]
        delete_rows(target, form, gone)
        written += len(gone)
    return written
