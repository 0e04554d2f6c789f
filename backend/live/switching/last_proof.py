"""The last proof before MySQL is retired: both stores are compared, thing by thing, while the service writes."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from api.dynamodb.codec.key_forms import kind_of
from api.dynamodb.schema.entities import PK, SK
from live.move import LiveMove
from live.reverse.row_format import RowFormat
from live.reverse.rows import chunks
from live.reverse.state import TableState
from live.reverse.target import ReverseTarget
from live.switching.last_usage import compare_uses, users_with_uses
from migration.errors import MigrationError
from migration.mapping import HISTORY, PLANS, PROBLEMS, STEPS, TEST_CASES, USAGE, USERS, MigrationStep, Row
from migration.stored_records import StoredRecords
from migration.table_contents import read_items

if TYPE_CHECKING:
    from live.switching.back import Back

_ATTEMPTS = 5
_STEPS = {"plan": PLANS, "user": USERS, "problem": PROBLEMS, "run": HISTORY}


@dataclass
class LastProof:
    """How many things were compared, of each kind, and how many rows were never moved."""

    compared: dict[str, int] = field(default_factory=dict)
    unmoved: int = 0
    seconds: float = 0.0
    ended: str = ""

    def details(self) -> dict[str, str]:
        """As the state item keeps it: a line for people, and the figures for a report."""
        figures = {
            "compared": self.compared, "rows_never_moved": self.unmoved, "ended": self.ended,
            "seconds": round(self.seconds, 1),
        }  # fmt: skip
        compared = ", ".join(f"{name} {number:,}" for name, number in self.compared.items())
        return {
            "proof": f"{compared} compared and equal; {self.unmoved:,} rows were never moved; {self.ended} UTC, "
            f"{self.seconds:.1f} s",
            "proof_figures": json.dumps(figures),
        }


def prove_last(move: LiveMove, back: Back, *, left_behind: int) -> LastProof:
    """Compares every row with its thing and every thing with its row; those that differ again, behind the stream.

    `left_behind` is the number of rows that the cutover was allowed to leave: so many may have no thing. A Scan of the
    table (its size / 4 KB in RCU) and consistent reads of every thing by key. Raises `MigrationError` that names the
    first difference.
    """
    started, proof, state = time.monotonic(), LastProof(), TableState()
    back.catch_up()
    ids = _ids_in_table(move)
    stored = StoredRecords(move.transport, move.table)
    for step in STEPS:
        if step is USAGE:
            _prove_uses(back, stored, state, ids[USAGE.name] | users_with_uses(back.target), proof)
            continue
        form = back.target.formats[step.name]
        parent = PROBLEMS if step is TEST_CASES else step
        column = "problem_id" if step is TEST_CASES else "id"
        numbers = ids[parent.name] | _numbers(back.target, step, column)
        differing = set()
        for chunk in chunks(numbers):
            different, unmoved = _compare(back.target, state, form, column, chunk)
            differing |= different
            proof.unmoved += unmoved
        for _ in range(_ATTEMPTS):
            if differing:
                back.catch_up()
                differing, _ = _compare(back.target, state, form, column, differing)
        if differing:
            raise MigrationError(
                f"{step.table} differs from the table where {column} is {min(differing)}, and in {len(differing)} such "
                "places: nothing was changed; run the command again, and mend the rows if it stays so"
            )
        proof.compared[step.name] = len(numbers)
    if proof.unmoved > left_behind:
        raise MigrationError(
            f"{proof.unmoved} rows of MySQL have nothing in the table, and the cutover left {left_behind} behind: "
            "nothing was changed; compare them with make dynamodb-inspect"
        )
    proof.seconds = time.monotonic() - started
    proof.ended = datetime.now(UTC).isoformat(sep=" ", timespec="seconds")[:19]
    return proof


def _prove_uses(
    back: Back, stored: StoredRecords, state: TableState, users: set[int], proof: LastProof
) -> None:
    """Compares the uses of each user. Raises `MigrationError` that names the first whose uses differ."""
    compared = compare_uses(back.target, stored, state, sorted(users))
    proof.compared[USAGE.name] = compared.logs
    for _ in range(_ATTEMPTS):
        if suspects := compared.different | set(compared.unmoved):
            back.catch_up()
            compared = compare_uses(back.target, stored, state, sorted(suspects))
    if compared.different:
        raise MigrationError(
            f"{USAGE.table} differs from the table for user {min(compared.different)}, and for "
            f"{len(compared.different)} users: nothing was changed; run the command again, and mend the rows if it "
            "stays so"
        )
    proof.unmoved += sum(compared.unmoved.values())


def _ids_in_table(move: LiveMove) -> dict[str, set[int]]:
    """The ids of the things in the table by step, for uses those of their users; one Scan."""
    ids: dict[str, set[int]] = {step.name: set() for step in STEPS}
    for item in read_items(move.transport, move.table, lambda count: None):
        kind = kind_of(item)
        step = _STEPS.get(kind)
        if kind in ("usage_day", "usage_log"):
            ids[USAGE.name].add(int(item[PK]["S"].split("#")[1]))
        elif step is not None:
            key = item[SK]["S"] if step is PLANS else item[PK]["S"].partition("#")[2]
            ids[step.name].add(int(key))
    return ids


def _numbers(target: ReverseTarget, step: MigrationStep, column: str) -> set[int]:
    rows = target.rows(f"SELECT DISTINCT `{column}` FROM `{step.table}`")
    target.connection.commit()
    return {int(number or 0) for (number,) in rows}


def _compare(
    target: ReverseTarget, state: TableState, form: RowFormat, column: str, numbers: Iterable[int]
) -> tuple[set[int], int]:
    """The numbers (ids, or problems of test cases) where the stores differ, and how many rows have no thing."""
    different: set[int] = set()
    unmoved = 0
    for group in _groups(target, state, form, column, list(numbers)):
        number, rows, records = group
        unmoved += len(rows.keys() - records.keys())
        if records.keys() - rows.keys() or any(form.changes(records[n], rows[n]) for n in records):
            different.add(number)
    return different, unmoved


def _groups(
    target: ReverseTarget, state: TableState, form: RowFormat, column: str, numbers: list[int]
) -> Iterator[tuple[int, dict[int, Row], dict[int, dict[str, object]]]]:
    """For each number its rows and its things, by id."""
    marks = ", ".join(["%s"] * len(numbers))
    rows: dict[int, dict[int, Row]] = {number: {} for number in numbers}
    position = form.step.column_names.index(column)
    for row in target.rows(
        f"SELECT {form.select} FROM `{form.step.table}` WHERE `{column}` IN ({marks})", numbers
    ):
        rows[int(row[position] or 0)][int(row[0] or 0)] = row
    target.connection.commit()
    if form.step is TEST_CASES:
        for number in numbers:
            yield number, rows[number], {case["test_case_id"]: dict(case) for case in state.cases(number)}
        return
    for number, record in state.read(form.step.name, numbers).items():
        yield number, rows[number], {} if record is None else {number: dict(record)}
