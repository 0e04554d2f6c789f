"""What a run would do, with cost and time, and how tables differ from their declarations. Reads only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from api.dynamodb.control_plane.comparison import TableComparison, compare_table
from api.dynamodb.control_plane.declaration import TableConfig
from api.dynamodb.control_plane.description import find_table, read_settings
from lifecycle.change_files import Change
from lifecycle.change_run import change_of
from lifecycle.estimates import CostEstimate
from lifecycle.operations import Context, Operation
from lifecycle.runner import Runner
from lifecycle.selection import Selection
from lifecycle.simulation import Tables

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient as BotoClient

    from lifecycle.data_changes.preview import ChangePreview


@dataclass(frozen=True)
class PlannedStep:
    """One step: whether it is done already, what it costs, and what it would do to some of the table's items."""

    description: str
    done: bool
    deletes: bool
    estimate: CostEstimate
    preview: ChangePreview | None = None
    warning: str | None = None

    def as_json(self) -> dict[str, Any]:
        """For machines."""
        return {
            "step": self.description, "done": self.done, "deletes": self.deletes, **self.estimate.as_json(),
            "preview": self.preview and self.preview.as_json(), "warning": self.warning,
        }  # fmt: skip


@dataclass(frozen=True)
class PlannedChange:
    """One change of a plan; `first_step` is the index of the step at which a half-done one is continued."""

    change: Change
    direction: str
    first_step: int
    steps: tuple[PlannedStep, ...]

    def as_json(self) -> dict[str, Any]:
        """For machines."""
        return {
            "change": self.change.name, "group": self.change.group, "description": self.change.description,
            "direction": self.direction, "goes_on_at_step": self.first_step + 1,
            "steps": [step.as_json() for step in self.steps],
        }  # fmt: skip


def plan(runner: Runner, selection: Selection, *, undo: bool = False) -> list[PlannedChange]:
    """The changes that a run would make, in order, each step compared with the real table.

    Raises `BadInput` like the run itself, but does not ask for confirmation.
    """
    statuses = runner.selected(selection, undo=undo)
    runner.preflight(statuses, undo=undo)
    planned: list[PlannedChange] = []
    changed_tables: set[str] = set()
    tables = runner.tables_of(statuses, undo=undo)
    for status in statuses:
        first_step = status.first_step(undo=undo)
        steps = tuple(
            _plan_step(
                runner, operation, done=number < first_step, changed_tables=changed_tables, tables=tables
            )
            for number, operation in enumerate(status.steps(undo=undo))
        )
        planned.append(PlannedChange(change_of(status), "down" if undo else "up", first_step, steps))
    return planned


def _plan_step(
    runner: Runner, step: Operation, *, done: bool, changed_tables: set[str], tables: Tables
) -> PlannedStep:
    """A step compared with the table; a step on a table that an earlier step changes counts as not done.

    Its cost is that for the table as the steps before make it; `tables` has those, and is changed.
    """
    # A plan makes no backups, but estimates their price.
    context = Context(
        runner.client, runner.env, runner.prices, back_up=(lambda name: None) if runner.backups else None,
        max_wcu=runner.max_wcu, readers_switched=runner.readers_switched,
    )  # fmt: skip
    name = step.table(runner.env)
    exists = find_table(runner.client, name) is not None
    can_be_checked = exists or step.creates_table or step.deletes_table
    if not done and can_be_checked and name not in changed_tables and not step.problems(runner.env):
        done = step.is_done(context)
    if not done:
        changed_tables.add(name)
    before = tables.get(name)
    estimate = CostEstimate(seconds=5)
    if before is not None or step.creates_table:
        estimate = step.estimate(replace(context, simulated=before))
    if not done:
        tables[name] = step.simulate(before, runner.env)
    preview = step.preview(context) if exists and not done else None
    warning = None if done else step.warning(context)
    return PlannedStep(step.describe(runner.env), done, step.deletes_table, estimate, preview, warning)


def check(client: BotoClient, env: str, configs: Sequence[TableConfig]) -> list[TableComparison]:
    """Each declared table compared with the real one. Four calls a table, no capacity."""
    return [compare_table(config, env, read_settings(client, config.table_name(env))) for config in configs]
