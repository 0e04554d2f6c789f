"""Where each change stands in an environment: what the history says, held against the files and the tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lifecycle.errors import BadInput
from lifecycle.files import Change
from lifecycle.history import HALF_WAY, History, Record
from lifecycle.lease import is_over, told
from lifecycle.tables import describe

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient as BotoClient


@dataclass(frozen=True)
class Standing:
    """One change: its file (None if it is not here), its record (None if it never ran), its lost tables.

    `lost` names tables that the history says are there and that are not: somebody deleted them.
    """

    change: Change | None
    record: Record | None
    lost: tuple[str, ...] = ()

    @property
    def is_edited(self) -> bool:
        """Whether the file is another than the one that was applied."""
        return bool(
            self.change and self.record and self.record.status == "applied"
            and self.change.checksum != self.record.checksum
        )  # fmt: skip

    @property
    def is_pending(self) -> bool:
        """Whether `migrate` has something to do."""
        return self.record is None or self.record.status != "applied" or bool(self.lost)

    @property
    def can_be_undone(self) -> bool:
        """Whether `rollback` has something to do."""
        return self.record is not None and self.record.status != "undone"

    @property
    def state(self) -> str:
        """For people and machines: pending, applied, undone, applying, failed, undoing, lost, edited."""
        if self.is_edited:
            return "edited"
        if self.lost:
            return "lost"
        return "pending" if self.record is None else self.record.status


def take_stock(client: BotoClient, env: str, changes: Sequence[Change], history: History) -> list[Standing]:
    """Every change in order, then those that the history alone knows. A Query and a DescribeTable per table."""
    records = history.read()
    lost = lost_tables(client, env, changes, records)
    found = []
    for change in changes:
        record = records.pop(change.name, None)
        gone: tuple[str, ...] = ()
        if lost and record is not None and record.status == "applied":
            gone = tuple(sorted(lost & {step.table(env) for step in change.up()}))
        found.append(Standing(change, record, gone))
    return found + [Standing(None, record) for record in records.values()]


def lost_tables(
    client: BotoClient, env: str, changes: Sequence[Change], records: dict[str, Record]
) -> set[str]:
    """The tables that applied changes created, that no applied one deleted, and that are not there."""
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
    # What is being undone may have deleted its table already.
    for change in changes:
        record = records.get(change.name)
        if record is not None and record.status in HALF_WAY:
            created -= {step.table(env) for step in change.down() if step.deletes_table}
    return {name for name in created if describe(client, name) is None}


def refuse_edited(standings: Sequence[Standing]) -> None:
    """Raises `BadInput` for a change whose file was edited after it was applied."""
    for standing in standings:
        if standing.is_edited and standing.change is not None:
            raise BadInput(
                f"{standing.change.path.name} was edited after it was applied",
                hint="restore it, and write what is new as a change of its own: new NAME",
            )


def describe_standing(standing: Standing) -> str:
    """What a person should know of it beside its state, in one line; empty if nothing."""
    record = standing.record
    if standing.is_edited:
        return "its file was edited after it was applied: restore it"
    if standing.lost:
        return f"table {', '.join(standing.lost)} is gone: migrate creates it again, empty"
    if standing.change is None:
        return "its file is not in these folders"
    if record is None or record.status not in HALF_WAY:
        return ""
    step = min(record.steps_done + 1, record.steps)
    where = f"half-way, at step {step} of {record.steps}"
    why = f" ({record.error})" if record.error else ""
    on = "go on with migrate" if record.status != "undoing" else "apply it again with migrate"
    return f"{where}{why}: {on}, or undo it with rollback --target {record.name}"


def holder_of(history: History) -> dict[str, Any] | None:
    """Who holds the environment, for status; None if nobody does."""
    item = history.lease()
    if item is None:
        return None
    return {
        "owner": item["owner"]["S"], "process": int(item["pid"]["N"]), "since": item["since"]["S"],
        "gone": is_over(item), "told": told(item),
    }  # fmt: skip
