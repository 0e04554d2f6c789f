"""Writes the rows of a problem's test cases: those in force are there, and no others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from live.reverse.rows import RefusedRow, delete_rows, locked_rows, rows_of_ids, write_row
from live.reverse.target import ReverseTarget


def apply_cases(
    target: ReverseTarget, problem_id: int, cases: Sequence[Mapping[str, Any]]
) -> tuple[int, set[int]]:
    """Brings a problem's rows to the cases in force; the number of rows written or deleted, and all ids concerned.

    A row that the move could not read stays: it never was in the table. Raises `RefusedRow` for an id that another
    problem's case has.
    """
    form = target.formats["test_cases"]
    states = {case["test_case_id"]: case for case in cases}
    rows = locked_rows(target, form, "`problem_id` = %s", [problem_id])
    elsewhere = rows_of_ids(target, form, [number for number in states if number not in rows])
    if elsewhere:
        raise RefusedRow(f"the ids {sorted(elsewhere)} belong to test cases of other problems")
    written = sum(write_row(target, form, state, rows.get(number)) for number, state in states.items())
    replaced = [number for number, row in rows.items() if number not in states and form.record(row)]
    delete_rows(target, form, replaced)
    return written + len(replaced), {*states, *replaced}
