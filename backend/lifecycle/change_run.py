"""A run of changes under the environment's lease: carries out their steps and records each one in the history."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from api.dynamodb.control_plane.description import find_table
from api.dynamodb.errors import DataLayerError
from api.dynamodb.table.lease import Lease, LeaseLost, owner
from config.prices import Prices
from lifecycle.backups import back_up
from lifecycle.change_files import Change
from lifecycle.change_status import ChangeStatus
from lifecycle.errors import ChangeFailed
from lifecycle.history import History, Record, Status
from lifecycle.operations import Context, Operation, SwitchReaders

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient as BotoClient


@dataclass
class Outcome:
    """What a run did: the changes it applied or undid, the steps it carried out, the ARNs of its backups."""

    changes: list[str] = field(default_factory=list)
    steps: list[str] = field(default_factory=list)
    backups: list[str] = field(default_factory=list)


@dataclass
class ChangeRun:
    """Applies and undoes changes one after the other.

    `makes_backups` is whether tables are backed up before they are deleted; `backed_up` names the tables that
    have a backup for the whole run; `max_wcu` and `readers_switched` are the context's.
    """

    client: BotoClient
    env: str
    prices: Prices
    history: History
    lease: Lease
    progress: Callable[[str], None]
    makes_backups: bool
    max_wcu: int | None = None
    readers_switched: frozenset[str] = frozenset()
    outcome: Outcome = field(default_factory=Outcome)
    backed_up: set[str] = field(default_factory=set)

    def back_up_deleted_tables(self, statuses: Sequence[ChangeStatus]) -> None:
        """Backs up every table that undoing these changes deletes, before anything is undone."""
        for status in statuses if self.makes_backups else ():
            assert status.record is not None  # noqa: S101 (only changes with a record are undone)
            for step in change_of(status).down():
                name = step.table(self.env)
                if not step.deletes_table or name in self.backed_up:
                    continue
                if find_table(self.client, name) is not None:
                    self._back_up(status.record, name)
                    self.backed_up.add(name)

    def apply(self, status: ChangeStatus) -> None:
        """Carries out a change's steps, from the one that was reached. Raises `ChangeFailed` and `LeaseLost`."""
        self._run(change_of(status), status.record, "applying", change_of(status).up())

    def undo(self, status: ChangeStatus) -> None:
        """Carries out the steps that undo a change. Raises `ChangeFailed` and `LeaseLost`."""
        self._run(change_of(status), status.record, "undoing", change_of(status).down())

    def _run(
        self, change: Change, previous: Record | None, status: Status, steps: Sequence[Operation]
    ) -> None:
        record = _start_record(change, change.checksum(self.env), previous, status, len(steps))
        self.progress(f"{status} {change.name}" + (f": {change.description}" if change.description else ""))
        started, seconds_before = time.monotonic(), record.seconds
        backed_up = set(self.backed_up)

        def save() -> None:
            record.seconds = seconds_before + time.monotonic() - started
            self.history.write(record, self.lease.fence)

        save()
        try:
            for step in steps[record.steps_done :]:
                self.lease.check()
                self._carry_out(step, record, save, backed_up)
                record.steps_done += 1
                record.noted = {}
                if record.steps_done < len(steps):
                    save()
        except LeaseLost:
            raise  # another runner writes the history now
        except Exception as error:
            raise self._record_failure(record, steps, save, error) from error
        record.status = "applied" if status == "applying" else "undone"
        record.ended = _now()
        save()
        self.outcome.changes.append(change.name)
        self.progress(f"{record.status} {change.name} in {record.seconds:.1f} s")

    def _carry_out(
        self, step: Operation, record: Record, save: Callable[[], None], backed_up: set[str]
    ) -> None:
        """Carries out one step unless the table already is as the step makes it."""

        def save_checkpoint(checkpoint: Mapping[str, Any]) -> None:
            self.lease.check()
            record.noted = checkpoint
            save()

        def back_up_once(name: str) -> None:
            if name not in backed_up:
                self._back_up(record, name)
                backed_up.add(name)

        context = Context(
            self.client, self.env, self.prices, self.progress, record.noted, save_checkpoint, self.lease.check,
            back_up_once if self.makes_backups else None, self.max_wcu,
            self.readers_switched,
        )  # fmt: skip
        description = step.describe(self.env)
        if step.is_done(context):
            self.progress(f"  {description}: already done, skipped")
            return
        self.progress(f"  {description}")
        step.carry_out(context)
        self.outcome.steps.append(description)

    def _back_up(self, record: Record, name: str) -> None:
        """Makes a backup; its ARN is in the record before the backup is finished."""

        def record_arn(arn: str) -> None:
            record.backups.append(arn)
            self.history.write(record, self.lease.fence)
            self.progress(f"backing up {name}: {arn}")

        arn = back_up(self.client, name, self.lease.check, record_arn)
        self.outcome.backups.append(arn)
        self.progress(f"  the backup of {name} is finished: {arn}")

    def _record_failure(
        self, record: Record, steps: Sequence[Operation], save: Callable[[], None], error: Exception
    ) -> ChangeFailed:
        message = str(error) if isinstance(error, DataLayerError) else f"{type(error).__name__}: {error}"
        message = " ".join(message.split())
        undoing = record.status == "undoing"
        record.status = "undoing" if undoing else "failed"
        record.error, record.ended = message, _now()
        with suppress(DataLayerError):  # the record then still says "applying", which is true as well
            save()
        hint = f"run migrate again to continue there, or rollback --target {record.name} to undo it"
        if undoing:
            hint = "run rollback again to continue there"
        number = record.steps_done + 1
        verb = "waits" if isinstance(steps[number - 1], SwitchReaders) else "failed"
        return ChangeFailed(
            f"{record.name} {verb} at step {number} of {len(steps)} "
            f"({steps[number - 1].describe(self.env)}): {message}",
            hint=f"completed steps stay; {hint}",
        )


def _start_record(
    change: Change, checksum: str, previous: Record | None, status: Status, steps: int
) -> Record:
    """The record to continue with: at the step that was reached, or at the first."""
    new = Record(change.name, status, checksum, change.group, owner(), _now(), steps=steps)
    if previous is None:
        return new
    previous_direction = "undoing" if previous.status == "undoing" else "applying"
    is_complete = previous.status in ("applied", "undone")
    if is_complete or previous_direction != status or previous.checksum != checksum:
        return replace(new, backups=previous.backups)
    return replace(
        previous, status=status, by=owner(), ended=None, steps=steps, error=None,
        steps_done=min(previous.steps_done, steps),
    )  # fmt: skip


def change_of(status: ChangeStatus) -> Change:
    """The change of a status whose file exists."""
    assert status.change is not None  # noqa: S101 (only changes with a file are selected)
    return status.change


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
