"""Applies changes and undoes them, one runner at a time, with a history that is true after any end.

A change is a row of steps. Each looks at the real table first, so a change that was killed or failed is
continued at the step it had reached, or undone, by running the command again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from api.dynamodb.errors import DataLayerError
from config.environment import Prices
from lifecycle.backups import back_up
from lifecycle.errors import BadInput, ChangeFailed, LeaseLost
from lifecycle.files import Change
from lifecycle.history import History, Record, Status
from lifecycle.lease import Lease, owner
from lifecycle.operations import Context, Operation
from lifecycle.selection import Selection
from lifecycle.standing import Standing, refuse_edited, take_stock
from lifecycle.tables import describe

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient as BotoClient

Confirm = Callable[[Sequence[str]], None]


@dataclass
class Outcome:
    """What a run did: each change that it applied or undid, and the steps that were not there already."""

    changes: list[str] = field(default_factory=list)
    steps: list[str] = field(default_factory=list)
    backups: list[str] = field(default_factory=list)


@dataclass
class Runner:
    """Runs changes in one environment.

    `changes` are all there are, in order; `say` is given lines of text; `confirm` is given the real names of
    the tables that a run would delete and raises `BadInput` if a person does not want that; without
    `backups` they are deleted without one.
    """

    client: BotoClient
    env: str
    changes: Sequence[Change]
    history: History
    say: Callable[[str], None]
    confirm: Confirm
    backups: bool = True
    prices: Prices = field(default_factory=Prices)

    def stock(self) -> list[Standing]:
        """Where each change stands."""
        return take_stock(self.client, self.env, self.changes, self.history)

    def migrate(self, selection: Selection, *, mend: bool = False) -> Outcome:
        """Applies what is pending, in order; `mend` also applies again what is not in force any more.

        Raises `BadInput` before anything is changed, and `ChangeFailed` when a step fails: what is done is kept.
        """
        todo = self._pending(selection, mend)
        outcome = Outcome()
        if not todo:
            return outcome
        self.preflight([step for standing in todo for step in _change(standing).up()])
        self.history.prepare()
        with Lease(self.client, self.history) as lease:
            for standing in self._pending(selection, mend):  # another runner may have ended just now
                self._run(lease, standing, "applying", outcome)
        return outcome

    def rollback(self, selection: Selection) -> Outcome:
        """Undoes what was applied, in reverse order, behind backups of every table that will be deleted.

        Raises like `migrate`.
        """
        outcome = Outcome()
        todo = self._undoable(selection)
        if not todo:
            return outcome
        self.preflight([step for standing in todo for step in _change(standing).down()])
        self.history.prepare()
        with Lease(self.client, self.history) as lease:
            todo = self._undoable(selection)
            made = self._back_up_first(lease, todo, outcome) if self.backups else {}
            for standing in todo:
                self._run(lease, standing, "undoing", outcome, made)
        return outcome

    def preflight(self, steps: Sequence[Operation]) -> None:
        """Raises `BadInput` if a step cannot be carried out or a person does not want it. Reads only."""
        for step in steps:
            for problem in step.problems(self.env):
                raise BadInput(problem, hint="nothing was changed")
        touched: set[str] = set()  # what an earlier step makes of a table cannot be looked at yet
        for step in steps:
            if step.table(self.env) not in touched:
                step.check(self._context())
            touched.add(step.table(self.env))
        deleted = dict.fromkeys(step.table(self.env) for step in steps if step.deletes_table)
        there = [name for name in deleted if describe(self.client, name) is not None]
        if there:
            self.confirm(there)

    def _context(self) -> Context:
        return Context(self.client, self.env, self.prices, self.say)

    def _pending(self, selection: Selection, mend: bool) -> list[Standing]:
        stock = self.stock()
        refuse_edited(stock)
        chosen = selection.to_apply(self.changes)
        by_name = {standing.change.name: standing for standing in stock if standing.change}
        return [
            by_name[change.name]
            for change in chosen
            if by_name[change.name].is_pending or (mend and not self._in_force(change))
        ]

    def _in_force(self, change: Change) -> bool:
        return all(step.is_done(self._context()) for step in change.up())

    def _undoable(self, selection: Selection) -> list[Standing]:
        stock = self.stock()
        refuse_edited(stock)
        by_name = {standing.change.name: standing for standing in stock if standing.change}
        chosen = selection.to_undo(self.changes)
        return [by_name[change.name] for change in chosen if by_name[change.name].can_be_undone]

    def _back_up_first(self, lease: Lease, todo: Sequence[Standing], outcome: Outcome) -> dict[str, str]:
        """Backups of every table that will be deleted, before anything is undone; their ARNs are in the history."""
        made: dict[str, str] = {}
        for standing in todo:
            assert standing.record is not None  # noqa: S101 (for the type checker)
            for step in _change(standing).down():
                name = step.table(self.env)
                if step.deletes_table and name not in made and describe(self.client, name) is not None:
                    made[name] = self._back_up(lease, standing.record, name, outcome)
        return made

    def _back_up(self, lease: Lease, record: Record, name: str, outcome: Outcome) -> str:
        self.say(f"backing up {name}")
        arn = back_up(self.client, name, lease.check)
        record.backups.append(arn)
        self.history.write(record, lease.fence)
        outcome.backups.append(arn)
        self.say(f"  the backup of {name} is finished: {arn}")
        return arn

    def _run(
        self,
        lease: Lease,
        standing: Standing,
        status: Status,
        outcome: Outcome,
        backed_up: Mapping[str, str] | None = None,
    ) -> None:
        change = _change(standing)
        steps = change.up() if status == "applying" else change.down()
        record = self._begin(standing, status, len(steps))
        self.say(f"{status} {change.name}" + (f": {change.description}" if change.description else ""))
        started = time.monotonic()
        before = record.seconds
        made = dict(backed_up or {})

        def write() -> None:
            record.seconds = before + time.monotonic() - started
            self.history.write(record, lease.fence)

        write()
        try:
            for number in range(record.steps_done, len(steps)):
                lease.check()
                self._step(lease, record, steps[number], write, outcome, made)
                record.steps_done, record.noted = number + 1, {}
                if number + 1 < len(steps):
                    write()
        except LeaseLost:
            raise  # the history is another runner's now
        except Exception as error:
            raise self._failed(record, steps, write, error) from error
        record.status = "applied" if status == "applying" else "undone"
        record.ended = _now()
        write()
        outcome.changes.append(change.name)
        self.say(f"{record.status} {change.name} in {record.seconds:.1f} s")

    def _begin(self, standing: Standing, status: Status, steps: int) -> Record:
        """The record to go on with: at the step that was reached, or from the first."""
        change, old = _change(standing), standing.record
        fresh = Record(change.name, status, change.checksum, change.group, owner(), _now(), steps=steps)
        if old is None:
            return fresh
        went = "undoing" if old.status == "undoing" else "applying"
        if old.status in ("applied", "undone") or went != status or old.checksum != change.checksum:
            return replace(fresh, backups=old.backups)
        return replace(
            old, status=status, by=owner(), ended=None, steps=steps, error=None,
            steps_done=min(old.steps_done, steps),
        )  # fmt: skip

    def _step(
        self,
        lease: Lease,
        record: Record,
        step: Operation,
        write: Callable[[], None],
        outcome: Outcome,
        made: dict[str, str],
    ) -> None:
        def note(noted: Mapping[str, Any]) -> None:
            lease.check()
            record.noted = noted
            write()

        def once(name: str) -> None:
            if name not in made:
                made[name] = self._back_up(lease, record, name, outcome)

        context = Context(
            self.client, self.env, self.prices, self.say, record.noted, note, lease.check,
            once if self.backups else None,
        )  # fmt: skip
        what = step.describe(self.env)
        if step.is_done(context):
            self.say(f"  {what}: is so already, skipped")
            return
        self.say(f"  {what}")
        step.carry_out(context)
        outcome.steps.append(what)

    def _failed(
        self, record: Record, steps: Sequence[Operation], write: Callable[[], None], error: Exception
    ) -> ChangeFailed:
        said = str(error) if isinstance(error, DataLayerError) else f"{type(error).__name__}: {error}"
        why = " ".join(said.split())
        undoing = record.status == "undoing"
        record.status = "undoing" if undoing else "failed"
        record.error, record.ended = why, _now()
        with suppress(DataLayerError):  # then it stays "applying", which is true as well
            write()
        number = record.steps_done + 1
        again = (
            "rollback again goes on there"
            if undoing
            else (f"migrate again goes on there, rollback --target {record.name} undoes it")
        )
        return ChangeFailed(
            f"{record.name} failed at step {number} of {len(steps)} "
            f"({steps[number - 1].describe(self.env)}): {why}",
            hint=f"what was done is kept; {again}",
        )


def _change(standing: Standing) -> Change:
    assert standing.change is not None  # noqa: S101 (only changes with a file are chosen)
    return standing.change


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
