"""Records changes as applied whose tables already are as the changes make them, without carrying them out.

For a table that was made by other means, and for a history that was lost. The tables are compared first, each with
what the chain of changes makes of it step by step from nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from api.dynamodb.control_plane.comparison import Difference, compare_table
from api.dynamodb.control_plane.description import TableSettings, read_settings
from api.dynamodb.table.lease import owner
from lifecycle.change_files import Change
from lifecycle.change_status import ChangeStatus
from lifecycle.history import Record
from lifecycle.lease import environment_lease
from lifecycle.selection import Selection
from lifecycle.simulation import Tables, declaration_of, simulate

if TYPE_CHECKING:
    from lifecycle.runner import Runner


@dataclass(frozen=True)
class TableDifferences:
    """A table that is not as a change makes it."""

    table: str
    change: str
    differences: tuple[Difference, ...]

    def __str__(self) -> str:
        return f"{self.table} is not as {self.change} makes it: {'; '.join(map(str, self.differences))}"

    def as_json(self) -> dict[str, Any]:
        """For machines."""
        differences = [difference.as_json() for difference in self.differences]
        return {"table": self.table, "change": self.change, "differences": differences}


@dataclass
class Adoption:
    """The changes to record as applied, and the tables that are in no state of the chain, with the closest one."""

    changes: list[Change] = field(default_factory=list)
    differences: list[TableDifferences] = field(default_factory=list)


@dataclass(frozen=True)
class _State:
    """A table after a change of the chain, None if it does not exist; `is_visible` is whether the change altered it."""

    number: int
    change: Change
    settings: TableSettings | None
    is_visible: bool


def adopt(
    runner: Runner, selection: Selection, *, despite_differences: bool = False, dry_run: bool = False
) -> Adoption:
    """Records the changes that `find_adoption` selects, under the environment's lease, and returns them.

    A target whose tables differ is recorded with `despite_differences` only. Raises `BadInput` like `find_adoption`.
    """

    def find() -> Adoption:
        adoption = find_adoption(runner, selection)
        is_refused = selection.target is not None and adoption.differences and not despite_differences
        return replace(adoption, changes=[]) if is_refused else adoption

    adoption = find()
    if adoption.changes and not dry_run:
        runner.history.prepare()
        with environment_lease(runner.client, runner.history) as lease:
            adoption = find()  # another runner may have finished some meanwhile
            for change in adoption.changes:
                runner.history.write(_record(change, runner.env), lease.fence)
    return adoption


def find_adoption(runner: Runner, selection: Selection) -> Adoption:
    """The pending changes that could be recorded as applied. Four calls a table, no capacity.

    With a target: all up to it, whatever the tables show. Otherwise those up to the last one whose effect each of
    their tables shows; a change of data after that cannot be seen and stays pending. Raises `BadInput` for a chain
    that cannot be simulated.
    """
    statuses = {status.name: status for status in runner.statuses()}
    if selection.target is not None:
        return _up_to_target(runner, selection, statuses)
    selected = [change for change in selection.to_apply(runner.changes) if _is_open(statuses[change.name])]
    tables = {change.name: {step.table(runner.env) for step in change.up()} for change in selected}
    adoption, reached = Adoption(), {}
    for table, states in _states(runner.changes, runner.env).items():
        if not any(table in names for names in tables.values()):
            continue
        actual = read_settings(runner.client, table)
        same = [each.number for each in states if each.is_visible and not _compare(runner.env, each, actual)]
        reached[table] = max(same, default=-1)
        if actual is not None and not same:
            adoption.differences.append(_closest(runner.env, table, states, actual))
    recorded = {name for name, status in statuses.items() if not status.is_pending}
    for change in selected:
        number, names = runner.changes.index(change), tables[change.name]
        if (
            names
            and all(number <= reached[name] for name in names)
            and recorded.issuperset(change.depends_on)
        ):
            adoption.changes.append(change)
            recorded.add(change.name)
    return adoption


def _up_to_target(runner: Runner, selection: Selection, statuses: dict[str, ChangeStatus]) -> Adoption:
    selected = selection.to_apply(runner.changes)
    adoption = Adoption([change for change in selected if _is_open(statuses[change.name])])
    chain = [
        change for change in runner.changes if change in selected or not statuses[change.name].is_pending
    ]
    changed = {step.table(runner.env) for change in adoption.changes for step in change.up()}
    for table, states in _states(chain, runner.env).items():
        if table in changed:
            last, actual = states[-1], read_settings(runner.client, table)
            if differences := _compare(runner.env, last, actual):
                adoption.differences.append(TableDifferences(table, last.change.name, differences))
    return adoption


def _is_open(status: ChangeStatus) -> bool:
    """Whether the history has no state of its own of a change: one that is half-way is continued instead."""
    return status.record is None or status.record.status == "undone"


def _states(changes: Sequence[Change], env: str) -> dict[str, list[_State]]:
    """Each table after every change of it, from nothing."""
    states: dict[str, list[_State]] = {}
    tables: Tables = {}
    for number, change in enumerate(changes):
        before = dict(tables)
        simulate(change.up(), env, tables, change.name)
        for table in dict.fromkeys(step.table(env) for step in change.up()):
            is_visible = table not in before or before[table] != tables[table]
            states.setdefault(table, []).append(_State(number, change, tables[table], is_visible))
    return states


def _compare(env: str, state: _State, actual: TableSettings | None) -> tuple[Difference, ...]:
    if state.settings is None:
        return () if actual is None else (Difference("table", "none", "a table"),)
    return tuple(compare_table(declaration_of(state.settings), env, actual).differences)


def _closest(env: str, table: str, states: list[_State], actual: TableSettings) -> TableDifferences:
    """The state with the fewest differences, one in which the table exists if there is one."""
    state = min(states, key=lambda each: (each.settings is None, len(_compare(env, each, actual))))
    return TableDifferences(table, state.change.name, _compare(env, state, actual))


def _record(change: Change, env: str) -> Record:
    now, steps = datetime.now(UTC).isoformat(timespec="seconds"), len(change.up())
    return Record(
        change.name, "applied", change.checksum(env), change.group, owner(), now, ended=now, steps_done=steps,
        steps=steps, adopted=True,
    )  # fmt: skip
