"""A finished backup of a table, before anything deletes it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from api.dynamodb.errors import DataLayerError
from lifecycle.errors import BadInput
from lifecycle.tables import ask, call, is_unsupported, wait

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient as BotoClient

_MAX_NAME = 255


def back_up(client: BotoClient, name: str, still_mine: Callable[[], None]) -> str:
    """Makes an on-demand backup of the table, waits until it is AVAILABLE, and returns its ARN.

    Raises `BadInput` where the engine has no backups, and `AccessDenied` naming the action. The backup costs
    $0.10 per GB-month until somebody deletes it; a restore makes a new table.
    """
    made = f"{name}-{datetime.now(UTC):%Y%m%d%H%M%S}"[-_MAX_NAME:]
    try:
        arn: str = ask(client, "CreateBackup", name, BackupName=made)["BackupDetails"]["BackupArn"]
    except DataLayerError as failure:
        if is_unsupported(failure):
            raise BadInput(
                f"table {name} would be deleted without a backup, which this engine cannot make",
                hint="save what is worth saving, then add --no-backup",
            ) from failure
        raise

    def finished() -> bool:
        details = call(client, "DescribeBackup", name, BackupArn=arn)["BackupDescription"]["BackupDetails"]
        if details["BackupStatus"] == "DELETED":
            raise BadInput(f"the backup {arn} was deleted by somebody", hint="run the command again")
        return bool(details["BackupStatus"] == "AVAILABLE")

    wait(finished, f"the backup of {name}", still_mine)
    return arn
