"""The status of each change in an environment: the history compared with the change files and the tables."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from api.dynamodb.control_plane.description import find_table
from lifecycle.change_files import Change
from lifecycle.checksums import PREFIX
from lifecycle.errors import BadInput
from lifecycle.history import HALF_WAY, History, Record
from lifecycle.operations import Operation

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient as BotoClient


@dataclass(frozen=True)
class ChangeStatus:
    """One change: its file (None if it is missing here), its record (None if it never ran), its lost tables.

    `lost` names tables that exist according to the history and were deleted by somebody, `checksum` is that of the
    steps as they are now.
    """

    change: Change | None
    record: Record | None
    lost: tuple[str, ...] = ()
    checksum: str = ""

    @property
    def name(self) -> str:
        """The change's name."""
        if self.change is not None:
            return self.change.name
        return self.record.name if self.record else ""

    @property
    def is_edited(self) -> bool:
        """Whether the steps differ from those that were applied, as far as the record can tell."""
        return bool(
            self.change and self.record and self.record.status == "applied" and not self.has_old_checksum
            and self.checksum != self.record.checksum
        )  # fmt: skip

    @property
    def has_old_checksum(self) -> bool:
        """Whether an earlier version wrote the record, with a checksum of the file's text."""
        return self.record is not None and not self.record.checksum.startswith(PREFIX)

    @property
    def is_pending(self) -> bool:
        """Whether `migrate` has something to do."""
        return self.record is None or self.record.status != "applied" or bool(self.lost)

    @property
    def can_be_undone(self) -> bool:
        """Whether `rollback` has something to do."""
        return self.record is not None and self.record.status != "undone"

    def steps(self, *, undo: bool) -> tuple[Operation, ...]:
        """The steps that apply or undo the change. Raises `BadInput` if the file's function fails."""
        assert self.change is not None  # noqa: S101 (only changes with a file are run)
        return self.change.down() if undo else self.change.up()

    def first_step(self, *, undo: bool) -> int:
        """The index of the step at which a run continues."""
        interrupted = ("undoing",) if undo else ("applying", "failed")
        record = self.record
        if self.change is None or record is None or record.status not in interrupted:
            return 0
        return record.steps_done if record.checksum == self.checksum else 0

    @property
    def state(self) -> str:
        """For people and machines: pending, applied, undone, applying, failed, undoing, lost, edited."""
        if self.is_edited:
            return "edited"
        if self.lost:
            return "lost"
        return "pending" if self.record is None else self.record.status

    @property
    def advice(self) -> str:
        """What a person should know beside the state, in one line; empty if nothing."""
        record = self.record
        if self.is_edited:
            return f"its steps were edited after it was applied: restore them, or accept {self.name}"
        if self.lost:
            return f"table {', '.join(self.lost)} is gone: migrate asks, then creates it again, empty"
        if self.change is None:
            return "its file is not in these folders"
        if record is None or record.status not in HALF_WAY:
            return ""
        step = min(record.steps_done + 1, record.steps)
        error = f" ({record.error})" if record.error else ""
        forward = "apply it again with migrate" if record.status == "undoing" else "continue with migrate"
        return (
            f"half-way, at step {step} of {record.steps}{error}: {forward}, or undo it with "
            f"rollback --target {record.name}"
        )


def load_statuses(
    client: BotoClient, env: str, changes: Sequence[Change], history: History
) -> list[ChangeStatus]:
    """Every change in order, then those that only the history has. A Query and a DescribeTable per table."""
    records = history.read()
    lost = _lost_tables(client, env, changes, records)
    statuses = []
    for change in changes:
        record = records.pop(change.name, None)
        lost_here: tuple[str, ...] = ()
        if lost and record is not None and record.status == "applied":
            lost_here = tuple(sorted(lost & {step.table(env) for step in change.up()}))
        checksum = change.checksum(env) if record is not None else ""
        statuses.append(ChangeStatus(change, record, lost_here, checksum))
    return statuses + [ChangeStatus(None, record) for record in records.values()]


def own_and_others(
    statuses: Sequence[ChangeStatus], selected: Container[str], group: str | None
) -> tuple[list[ChangeStatus], list[ChangeStatus]]:
    """The statuses to show, and those of other folders that are finished: applied or undone, without a file here.

    A record without a file is shown where it is half-way, and where a file of its group is here: its own is missing
    then. Params: `selected` has the names of the selected changes, `group` is their group, None for all.
    """
    groups = {status.change.group for status in statuses if status.change is not None}
    listed: list[ChangeStatus] = []
    elsewhere: list[ChangeStatus] = []
    for status in statuses:
        if status.change is not None:
            listed += [status] if status.name in selected else []
        elif status.record is not None and group in (None, status.record.group):
            is_finished = status.record.status not in HALF_WAY
            (elsewhere if is_finished and status.record.group not in groups else listed).append(status)
    return listed, elsewhere


def _lost_tables(
    client: BotoClient, env: str, changes: Sequence[Change], records: dict[str, Record]
) -> set[str]:
    """The missing tables that applied changes created and that no applied change deleted."""
    created: set[str] = set()
    for change in changes:
        record = records.get(change.name)
        if record is None or record.status != "applied":
            continue
        for step in change.up():
            if step.creates_table:
                created.add(step.table(env))
            if step.deletes_table:
                created.discard(step.table(env))
    # A change that is half undone may have deleted its table already.
    for change in changes:
        record = records.get(change.name)
        if record is not None and record.status in HALF_WAY:
            created -= {step.table(env) for step in change.down() if step.deletes_table}
    return {name for name in created if find_table(client, name) is None}


def refuse_edited(statuses: Sequence[ChangeStatus]) -> None:
    """Raises `BadInput` for a change whose steps were edited after it was applied."""
    for status in statuses:
        if status.is_edited and status.change is not None:
            raise BadInput(
                f"the steps of {status.name} were edited after it was applied, in its file or in what it imports",
                hint="restore them and write further changes as a new one (new NAME), or if the tables need nothing "
                f"for it: accept {status.name}",
            )
