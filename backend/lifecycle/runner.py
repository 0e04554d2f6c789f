"""Selects the changes to apply or undo, checks them, and runs them under the environment's lease.

A change is a sequence of steps. Each looks at the real table first, so a change that was killed or failed is
continued at the step it had reached, or undone, by running the command again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from api.dynamodb.control_plane.description import TableSettings, find_table
from api.dynamodb.table.lease import Lease
from config.prices import Prices
from lifecycle.change_files import Change, find
from lifecycle.change_run import ChangeRun, Outcome, change_of
from lifecycle.change_status import ChangeStatus, load_statuses, refuse_edited
from lifecycle.errors import BadInput
from lifecycle.history import History
from lifecycle.lease import environment_lease
from lifecycle.operations import Context
from lifecycle.selection import Selection
from lifecycle.simulation import Tables, simulate

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient as BotoClient

Confirm = Callable[[Sequence[str]], None]


@dataclass
class Runner:
    """Runs changes in one environment.

    `changes` are all there are, in order; `progress` receives lines of text; `confirm` receives the real names of
    the tables that a run would delete and raises `BadInput` if a person does not want that, `confirm_recreation`
    those that are gone and would be created again, empty; without `backups` tables are deleted without one;
    `max_wcu` limits the write units per second of changes of items; `readers_switched` names indexes whose readers
    are deployed.
    """

    client: BotoClient
    env: str
    changes: Sequence[Change]
    history: History
    progress: Callable[[str], None]
    confirm: Confirm
    backups: bool = True
    prices: Prices = field(default_factory=Prices)
    confirm_recreation: Confirm = lambda tables: None
    max_wcu: int | None = None
    readers_switched: frozenset[str] = frozenset()

    def statuses(self) -> list[ChangeStatus]:
        """The status of each change."""
        return load_statuses(self.client, self.env, self.changes, self.history)

    def migrate(self, selection: Selection, *, repair: bool = False) -> Outcome:
        """Applies pending changes in order; `repair` also repeats applied ones that are no longer in effect.

        Raises `BadInput` before anything is changed, and `ChangeFailed` when a step fails: completed steps stay.
        """
        pending = self._pending(selection, repair)
        if not pending:
            return Outcome()
        self.preflight(pending)
        self.history.prepare()
        with environment_lease(self.client, self.history) as lease:
            run = self._run(lease)
            for status in self._pending(selection, repair):  # another runner may have finished some meanwhile
                run.apply(status)
            for status in self.statuses():
                if status.has_old_checksum and status.state == "applied":
                    self._write_checksum(status, lease)
        return run.outcome

    def rollback(self, selection: Selection) -> Outcome:
        """Undoes applied changes in reverse order, after backups of every table that will be deleted.

        Raises like `migrate`.
        """
        applied = self._applied(selection)
        if not applied:
            return Outcome()
        self.preflight(applied, undo=True)
        self.history.prepare()
        with environment_lease(self.client, self.history) as lease:
            run, applied = self._run(lease), self._applied(selection)
            run.back_up_deleted_tables(applied)
            for status in applied:
                run.undo(status)
        return run.outcome

    def find_edited(self, name: str) -> ChangeStatus:
        """The status of an applied change whose steps were edited. Raises `BadInput` if they were not."""
        change = find(self.changes, name)
        status = next(each for each in self.statuses() if each.change is change)
        if not status.is_edited:
            raise BadInput(f"{change.name} is {status.state}, not edited: there is nothing to accept")
        return status

    def accept(self, name: str) -> ChangeStatus:
        """Records the steps of an applied change as they are now. Raises `BadInput` if they were not edited."""
        self.find_edited(name)
        with environment_lease(self.client, self.history) as lease:
            status = self.find_edited(name)
            self._write_checksum(status, lease)
        return status

    def _write_checksum(self, status: ChangeStatus, lease: Lease) -> None:
        assert status.record is not None  # noqa: S101 (only applied changes have a checksum to compare)
        self.history.write(replace(status.record, checksum=status.checksum), lease.fence)

    def selected(self, selection: Selection, *, undo: bool = False) -> list[ChangeStatus]:
        """The selected changes that a run has to apply or undo, in its order."""
        return self._applied(selection) if undo else self._pending(selection, repair=False)

    def preflight(self, statuses: Sequence[ChangeStatus], *, undo: bool = False) -> None:
        """Raises a typed failure if a step cannot be carried out or a person does not want it. Reads only.

        All steps are simulated from the tables as they are, so that a step is refused before the first one is
        carried out.
        """
        pending = {
            status.name: status.steps(undo=undo)[status.first_step(undo=undo) :] for status in statuses
        }
        steps = [step for steps in pending.values() for step in steps]
        for step in steps:
            for problem in step.problems(self.env):
                raise BadInput(problem, hint="nothing was changed")
        changed: set[str] = set()
        for step in steps:
            if step.table(self.env) not in changed:
                step.check(self._context())
            changed.add(step.table(self.env))
        tables = self.tables_of(statuses, undo=undo)
        existing = {name for name, table in tables.items() if table is not None}
        for status in statuses:
            first_step = status.first_step(undo=undo)
            simulate(status.steps(undo=undo), self.env, tables, status.name, first_step=first_step)
        deleted = dict.fromkeys(step.table(self.env) for step in steps if step.deletes_table)
        if names := [name for name in deleted if name in existing]:
            self.confirm(names)
        if lost := sorted({name for status in statuses for name in status.lost}):
            self.confirm_recreation(lost)

    def tables_of(self, statuses: Sequence[ChangeStatus], *, undo: bool) -> Tables:
        """The tables that the changes are about, by real name. One DescribeTable each."""
        names = dict.fromkeys(step.table(self.env) for status in statuses for step in status.steps(undo=undo))
        tables: Tables = {}
        for name in names:
            table = find_table(self.client, name)
            tables[name] = None if table is None else TableSettings(table, None, None, None)
        return tables

    def _run(self, lease: Lease) -> ChangeRun:
        return ChangeRun(
            self.client, self.env, self.prices, self.history, lease, self.progress, self.backups, self.max_wcu,
            self.readers_switched,
        )  # fmt: skip

    def _context(self) -> Context:
        return Context(self.client, self.env, self.prices, self.progress)

    def _pending(self, selection: Selection, repair: bool) -> list[ChangeStatus]:
        return [
            status
            for status in self._select(selection.to_apply(self.changes))
            if status.is_pending or (repair and self._needs_repair(change_of(status)))
        ]

    def _applied(self, selection: Selection) -> list[ChangeStatus]:
        selected = self._select(selection.to_undo(self.changes))
        return [status for status in selected if status.can_be_undone][: selection.last]

    def _select(self, changes: Sequence[Change]) -> list[ChangeStatus]:
        """The statuses of these changes, in their order. Raises `BadInput` if any change's file was edited."""
        statuses = self.statuses()
        refuse_edited(statuses)
        by_name = {status.name: status for status in statuses if status.change}
        return [by_name[change.name] for change in changes]

    def _needs_repair(self, change: Change) -> bool:
        """Whether a change's steps are no longer in effect; what a later change makes of its tables is right.

        A later change of items alone makes nothing of their settings.
        """
        tables = {step.table(self.env) for step in change.up()}
        later = self.changes[self.changes.index(change) + 1 :]
        later_steps = (step for later_change in later for step in later_change.up() if step.changes_settings)
        if any(step.table(self.env) in tables for step in later_steps):
            return False
        return not all(step.is_done(self._context()) for step in change.up())
