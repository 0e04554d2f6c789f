"""On-demand backups, which are finished before anything deletes a table."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from api.dynamodb.control_plane.calls import call, call_table, is_unsupported
from api.dynamodb.control_plane.waiting import wait_until
from api.dynamodb.errors import DataLayerError
from lifecycle.errors import BadInput

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient as BotoClient

_MAX_NAME = 255


def back_up(
    client: BotoClient,
    table_name: str,
    check_lease: Callable[[], None],
    on_begun: Callable[[str], None] = lambda arn: None,
) -> str:
    """Makes an on-demand backup of the table, waits until it is AVAILABLE, and returns its ARN.

    `on_begun` receives the ARN as soon as there is one, before the wait. Raises `BadInput` where the engine has no
    backups, and `AccessDenied` naming the action. The backup costs $0.10 per GB-month until somebody deletes it; a
    restore creates a new table.
    """
    backup_name = f"{table_name}-{datetime.now(UTC):%Y%m%d%H%M%S}"[-_MAX_NAME:]
    try:
        response = call_table(client, "CreateBackup", table_name, BackupName=backup_name)
    except DataLayerError as failure:
        if is_unsupported(failure):
            raise BadInput(
                f"table {table_name} would be deleted without a backup, which this engine cannot make",
                hint="save the data you need, then add --no-backup",
            ) from failure
        raise
    arn: str = response["BackupDetails"]["BackupArn"]
    on_begun(arn)

    def is_available() -> bool:
        description = call(client, "DescribeBackup", table_name, BackupArn=arn)["BackupDescription"]
        status = description["BackupDetails"]["BackupStatus"]
        if status == "DELETED":
            raise BadInput(f"somebody deleted the backup {arn}", hint="run the command again")
        return bool(status == "AVAILABLE")

    wait_until(is_available, f"the backup of {table_name}", check_lease)
    return arn
