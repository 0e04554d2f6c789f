"""Writes the rows of a day's uses. A use never changes: it is there, or it was refunded."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from live.reverse.row_format import RowFormat
from live.reverse.rows import RefusedRow, delete_rows, rows_of_ids, write_row
from live.reverse.target import ReverseTarget
from live.reverse.touched import Day
from migration.mapping import Row

# Ids of uses are unique for their user and action alone: in the same millisecond another user's use may have the same.
# The row then gets the next id that is free.
_TRIES = 8


def apply_day(
    target: ReverseTarget, day: Day, logs: Sequence[Mapping[str, Any]], refunded: Collection[int]
) -> tuple[int, set[int]]:
    """Adds the rows of a day's uses that are missing, and deletes those of `refunded` ones; their number and ids.

    Raises `RefusedRow` for a use for whose row there is no id.
    """
    form = target.formats["usage"]
    by_id = {log["log_id"]: log for log in logs}
    rows = rows_of_ids(target, form, {number + n for number in (*by_id, *refunded) for n in range(_TRIES)})
    written: set[int] = set()
    for number, log in sorted(by_id.items()):
        row_id = _row_id(form, number, log, rows)
        if row_id not in rows:
            write_row(target, form, {**log, "log_id": row_id}, None)
            rows[row_id] = rows_of_ids(target, form, [row_id])[row_id]
            written.add(row_id)
    used_ids = {_row_id(form, number, log, rows) for number, log in by_id.items()}
    gone = [
        number
        for number in refunded
        if number not in by_id
        and number not in used_ids
        and number in rows
        and _is_of(form, rows[number], day)
    ]
    delete_rows(target, form, gone)
    return len(written) + len(gone), {*written, *gone}


def _row_id(form: RowFormat, number: int, log: Mapping[str, Any], rows: Mapping[int, Row]) -> int:
    """The id of the use's row, or the first one that is free."""
    for candidate in range(number, number + _TRIES):
        row = rows.get(candidate)
        if row is None:
            return candidate
        existing = form.record(row)
        if existing is not None and all(
            existing[name] == log[name] for name in ("user_id", "action", "created_at")
        ):
            return candidate
    raise RefusedRow(f"the ids from {number} to {number + _TRIES - 1} are those of other users' uses")


def _is_of(form: RowFormat, row: Row, day: Day) -> bool:
    existing = form.record(row)
    return existing is not None and (existing["user_id"], existing["action"]) == (day.user_id, day.action)
