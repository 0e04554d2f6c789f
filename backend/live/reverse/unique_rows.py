"""Writes rows of tables with unique values: plans, users, problems.

A value can move from one row to another, or two rows can swap theirs. So all rows concerned are read first, values that
move are let go, and then every row gets its own.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from live.reverse.row_format import RowFormat
from live.reverse.rows import ReadsThings, delete_rows, locked_rows, rows_of_ids, write_row
from live.reverse.target import ReverseTarget
from migration.mapping import Row

# By kind, the sets of columns that are unique together.
_UNIQUE: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "plans": (("name",),),
    "users": (("email",), ("google_id",)),
    "problems": (("platform", "problem_id"),),
}
# By kind, how a row lets its values go. A column that takes no NULL gets a value that no other row has.
_RELEASE = {
    "plans": {"name": "CONCAT('~', id)"},
    "users": {"email": "NULL", "google_id": "NULL"},
    "problems": {"problem_id": "CONCAT('~', id)"},
}


def apply_unique_things(
    target: ReverseTarget, source: ReadsThings, name: str, ids: Collection[int], removed: Collection[int]
) -> int:
    """As `rows.apply_things`, for things with unique values; the number of rows written."""
    form = target.formats[name]
    rows: dict[int, Row] = {}
    states: dict[int, Mapping[str, Any] | None] = {}
    pending = set(ids)
    while pending:
        rows.update(rows_of_ids(target, form, pending))
        read = source.read(name, pending)
        states.update(read)
        holders: dict[int, Row] = {}
        for state in read.values():
            if state is not None:
                holders.update(_holders(target, form, name, form.values(state)))
        pending = {number for number, row in holders.items() if number not in states and form.record(row)}
    released = _released(target, form, name, rows, states)
    written = 0
    for number, state in states.items():
        if state is not None:
            written += write_row(target, form, state, released.get(number, rows.get(number)))
    gone = [n for n, state in states.items() if state is None and n in removed and n in rows]
    delete_rows(target, form, gone)
    return written + len(gone)


def _holders(target: ReverseTarget, form: RowFormat, name: str, values: Mapping[str, Any]) -> dict[int, Row]:
    """The rows that hold one of these unique values, as MySQL compares them."""
    holders: dict[int, Row] = {}
    for columns in _UNIQUE[name]:
        if all(values[column] is not None for column in columns):
            where = " AND ".join(f"`{column}` = %s" for column in columns)
            holders.update(locked_rows(target, form, where, [values[column] for column in columns]))
    return holders


def _released(
    target: ReverseTarget,
    form: RowFormat,
    name: str,
    rows: Mapping[int, Row],
    states: Mapping[int, Mapping[str, Any] | None],
) -> dict[int, Row]:
    """Lets the unique values go that are about to change, where there are several rows; those rows afterwards."""
    if len(rows) < 2 and not (rows and set(states) - set(rows)):
        return {}
    changing = []
    for number, row in rows.items():
        state = states[number]
        changed = set(_RELEASE[name]) if state is None else set(form.changes(state, row))
        if changed & {column for columns in _UNIQUE[name] for column in columns}:
            changing.append(number)
    if not changing:
        return {}
    assignments = ", ".join(f"`{column}` = {value}" for column, value in _RELEASE[name].items())
    marks = ", ".join(["%s"] * len(changing))
    target.run(f"UPDATE `{form.step.table}` SET {assignments} WHERE id IN ({marks})", changing)
    return rows_of_ids(target, form, changing)
