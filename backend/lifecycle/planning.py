"""What a run would do, with cost and time, and how the tables differ from their declarations: reads only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lifecycle.declaration import TableConfig
from lifecycle.drift import Comparison, compare
from lifecycle.estimates import Estimate
from lifecycle.files import Change
from lifecycle.observed import observe
from lifecycle.operations import Context, Operation
from lifecycle.runner import Runner
from lifecycle.selection import Selection
from lifecycle.standing import refuse_edited
from lifecycle.tables import describe

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient as BotoClient


@dataclass(frozen=True)
class PlannedStep:
    """One step: whether the table is so already, and what it costs."""

    what: str
    done: bool
    deletes: bool
    estimate: Estimate

    def as_json(self) -> dict[str, Any]:
        """For machines."""
        return {"step": self.what, "done": self.done, "deletes": self.deletes, **self.estimate.as_json()}


@dataclass(frozen=True)
class PlannedChange:
    """One change of a plan; `goes_on` is the step at which a half-done one is continued."""

    change: Change
    direction: str
    goes_on: int
    steps: tuple[PlannedStep, ...]

    def as_json(self) -> dict[str, Any]:
        """For machines."""
        return {
            "change": self.change.name, "group": self.change.group, "description": self.change.description,
            "direction": self.direction, "goes_on_at_step": self.goes_on + 1,
            "steps": [step.as_json() for step in self.steps],
        }  # fmt: skip


def plan(runner: Runner, selection: Selection, *, undo: bool = False) -> list[PlannedChange]:
    """The changes that a run would make, in order, each step held against the real table.

    Raises `BadInput` like the run itself, but asks nobody.
    """
    stock = runner.stock()
    refuse_edited(stock)
    by_name = {standing.change.name: standing for standing in stock if standing.change}
    chosen = selection.to_undo(runner.changes) if undo else selection.to_apply(runner.changes)
    found: list[PlannedChange] = []
    touched: set[str] = set()
    every: list[Operation] = []
    for change in chosen:
        standing = by_name[change.name]
        if not (standing.can_be_undone if undo else standing.is_pending):
            continue
        operations = change.down() if undo else change.up()
        every += operations
        record = standing.record
        half = record is not None and record.status in (("undoing",) if undo else ("applying", "failed"))
        begun = record.steps_done if half and record and record.checksum == change.checksum else 0
        steps = []
        for number, step in enumerate(operations):
            steps.append(_planned(runner, step, done=number < begun, touched=touched))
        found.append(PlannedChange(change, "down" if undo else "up", begun, tuple(steps)))
    runner.preflight(every)
    return found


def _planned(runner: Runner, step: Operation, *, done: bool, touched: set[str]) -> PlannedStep:
    """A step as it will find the table; one that an earlier step makes or changes is taken as not done yet."""
    context = Context(
        runner.client, runner.env, runner.prices, back_up=_no_backup if runner.backups else None
    )
    name = step.table(runner.env)
    problems = step.problems(runner.env)
    there = describe(runner.client, name) is not None
    if (
        not done
        and not problems
        and name not in touched
        and (there or step.creates_table or step.deletes_table)
    ):
        step.check(context)
        done = step.is_done(context)
    if not done:
        touched.add(name)
    estimate = step.estimate(context) if there or step.creates_table else Estimate(seconds=5)
    return PlannedStep(step.describe(runner.env), done, step.deletes_table, estimate)


def _no_backup(name: str) -> None:
    """A plan makes none; its price is estimated."""


def check(client: BotoClient, env: str, configs: Sequence[TableConfig]) -> list[Comparison]:
    """Each declared table held against the real one. Four calls a table, no capacity."""
    return [compare(config, env, observe(client, config.table_name(env))) for config in configs]
