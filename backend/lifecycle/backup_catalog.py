"""On-demand backups that exist: listed with what they cost, and restored to new tables."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from api.dynamodb.control_plane.calls import call, is_unsupported
from api.dynamodb.control_plane.description import TableDescription, find_table
from api.dynamodb.control_plane.waiting import wait_until, wait_until_active
from api.dynamodb.errors import DataLayerError
from lifecycle.errors import BadInput
from lifecycle.estimates import DOLLARS_PER_GB_MONTH_BACKUP

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient as BotoClient

_ARN = re.compile(r"arn:[\w-]+:dynamodb:[\w-]+:\d*:table/([A-Za-z0-9_.-]{3,255})/backup/[\w-]+")
# AWS restores most tables within an hour, and large ones within a day.
RESTORE_SECONDS = 24 * 3600.0


@dataclass(frozen=True)
class Backup:
    """One on-demand backup; `size_bytes` is what is billed."""

    arn: str
    table: str
    created: datetime
    status: str
    size_bytes: int

    @property
    def dollars_a_month(self) -> float:
        """What it costs until somebody deletes it."""
        return self.size_bytes / 1024**3 * DOLLARS_PER_GB_MONTH_BACKUP

    def as_json(self) -> dict[str, Any]:
        """For machines."""
        return {
            "arn": self.arn, "table": self.table, "created": self.created.isoformat(), "status": self.status,
            "bytes": self.size_bytes, "dollars_a_month": self.dollars_a_month,
        }  # fmt: skip


def list_backups(client: BotoClient, table_name: str | None) -> list[Backup]:
    """The backups of a table, or of every table for None, the oldest first. ListBackups, paged; no capacity.

    Raises `BadInput` on an engine without backups, and `AccessDenied` naming the action.
    """
    request: dict[str, Any] = {} if table_name is None else {"TableName": table_name}
    backups: list[Backup] = []
    while True:
        try:
            page = call(client, "ListBackups", table_name or "any table", **request)
        except DataLayerError as failure:
            raise _without_backups(failure) from failure
        backups += [
            Backup(
                summary["BackupArn"], summary["TableName"], summary["BackupCreationDateTime"].astimezone(UTC),
                summary["BackupStatus"], summary.get("BackupSizeBytes", 0),
            )
            for summary in page["BackupSummaries"]
        ]  # fmt: skip
        if not page.get("LastEvaluatedBackupArn"):
            return sorted(backups, key=lambda backup: (backup.created, backup.arn))
        request["ExclusiveStartBackupArn"] = page["LastEvaluatedBackupArn"]


def table_of(arn: str) -> str:
    """The name of the table that a backup is of. Raises `BadInput` for another text than a backup's ARN."""
    match = _ARN.fullmatch(arn)
    if match is None:
        raise BadInput(f"{arn!r} is not the ARN of a backup", hint="backups.py list shows them")
    return match[1]


def restore(
    client: BotoClient, arn: str, target_name: str, *, progress: Callable[[str], None]
) -> TableDescription:
    """Restores a backup to a new table and waits until it is ACTIVE; run again, it waits for the same table.

    The new table lacks TTL, stream, tags, recovery and protection, which DynamoDB does not keep in backups. Raises
    `BadInput` for a target that is not being restored from this backup, for a backup that does not exist, and on an
    engine without backups. No capacity; a restore costs $0.15 per GB.
    """
    table_of(arn)
    table = find_table(client, target_name)
    if table is None:
        try:
            call(client, "RestoreTableFromBackup", target_name, BackupArn=arn, TargetTableName=target_name)
        except DataLayerError as failure:
            if failure.code == "BackupNotFoundException":
                raise BadInput(f"there is no backup {arn}", hint="backups.py list shows them") from failure
            raise _without_backups(failure) from failure
        progress(f"{target_name}: being restored, AWS goes on even if this command ends")
        wait_until(lambda: find_table(client, target_name) is not None, f"restoring {target_name}")
    elif _source_of(client, target_name) != arn:
        raise BadInput(f"table {target_name} exists already", hint="name another with --to")
    return wait_until_active(client, target_name, seconds=RESTORE_SECONDS)


def _source_of(client: BotoClient, table_name: str) -> str | None:
    """The ARN of the backup that a table was restored from; None for any other table."""
    description = call(client, "DescribeTable", table_name, TableName=table_name)["Table"]
    arn: str | None = description.get("RestoreSummary", {}).get("SourceBackupArn")
    return arn


def _without_backups(failure: DataLayerError) -> DataLayerError:
    if is_unsupported(failure):
        return BadInput("this engine has no backups", hint="AWS and MiniStack have")
    return failure
