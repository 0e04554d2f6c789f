"""Restores a table as of a moment beside itself, and gives the copy what DynamoDB does not restore with it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from api.dynamodb.control_plane.calls import call, is_unsupported
from api.dynamodb.control_plane.comparison import compare_structure
from api.dynamodb.control_plane.declaration import TableConfig
from api.dynamodb.control_plane.description import TableDescription, find_table
from api.dynamodb.control_plane.errors import TableChangeError
from api.dynamodb.control_plane.waiting import wait_until, wait_until_active
from api.dynamodb.errors import DataLayerError
from lifecycle.backup_catalog import RESTORE_SECONDS
from lifecycle.errors import BadInput
from lifecycle.infrastructure.alarms import Alarm
from lifecycle.operations import Context
from lifecycle.operations.costs import SetInsights, SetTableClass
from lifecycle.operations.settings import SetProtection, SetRecovery, SetStream, SetTags, SetTTL

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient as BotoClient

_SETTINGS = (SetTTL, SetStream, SetRecovery, SetTags, SetProtection, SetTableClass, SetInsights)
_NO_RECOVERY = "PointInTimeRecoveryUnavailableException"


def restore_moment(
    client: BotoClient,
    source: str,
    target: str,
    moment: datetime | None,
    *,
    progress: Callable[[str], None],
) -> TableDescription:
    """Restores `source` as of a moment (aware; None: the latest possible) to a new table, and waits until it is ACTIVE.

    Run again, it waits for the table that is being restored. Raises `BadInput` for a target that exists and is not a
    restored copy of the source, without point-in-time recovery, for a moment outside of it, and on an engine without
    it. No capacity; a restore costs $0.15 per GB.
    """
    if find_table(client, target) is None:
        when: dict[str, Any] = (
            {"UseLatestRestorableTime": True}
            if moment is None
            else {"RestoreDateTime": moment.astimezone(UTC)}
        )
        try:
            call(
                client, "RestoreTableToPointInTime", source,
                SourceTableName=source, TargetTableName=target, **when,
            )  # fmt: skip
        except DataLayerError as failure:
            raise _explained(failure, source) from failure
        progress(f"{target}: being restored, AWS goes on even if this command ends")
        wait_until(lambda: find_table(client, target) is not None, f"restoring {target}")
    elif not _is_restored_from(client, source, target):
        raise BadInput(f"table {target} exists already", hint="delete it, or name another with --to")
    return wait_until_active(client, target, seconds=RESTORE_SECONDS)


def _is_restored_from(client: BotoClient, source: str, target: str) -> bool:
    """Whether a table was restored from the other as of a moment."""
    description: Any = call(client, "DescribeTable", target, TableName=target)["Table"]
    arn = str(description.get("RestoreSummary", {}).get("SourceTableArn", ""))
    return arn.endswith(f":table/{source}")


def _explained(failure: DataLayerError, source: str) -> DataLayerError:
    if is_unsupported(failure):
        return BadInput("this engine has no point-in-time recovery", hint="AWS and MiniStack have")
    if failure.code == _NO_RECOVERY:
        return BadInput(
            f"point-in-time recovery of {source} is off",
            hint="restore a backup: make dynamodb-backups lists them",
        )
    if failure.code == "InvalidRestoreTimeException":
        return BadInput(f"{source} cannot be restored as of that moment: {failure.aws_message}")
    return failure


def complete(client: BotoClient, config: TableConfig, env: str, progress: Callable[[str], None]) -> list[str]:
    """Gives a restored table the TTL, stream, recovery, tags and protection of its declaration.

    config: the declaration with the restored table's name. Returns what was done, in one line each; nothing for a
    table that is complete. Raises `TableChangeError` if its keys or indexes are not as declared, which a restore keeps.
    """
    name = config.table_name(env)
    differences = compare_structure(config.for_env(env), wait_until_active(client, name))
    if differences:
        raise TableChangeError(
            f"the restored table {name} is not as declared: {'; '.join(map(str, differences))}",
            hint="it is as the table was at that moment: apply the changes since with make dynamodb-changes-migrate",
        )
    context = Context(client, env, progress=progress)
    done = []
    for setting in _SETTINGS:
        operation = setting(config)
        if not operation.is_done(context):
            progress(operation.describe(env))
            operation.carry_out(context)
            done.append(operation.describe(env))
    return done


def alarm_request(alarm: Alarm, table_name: str, env: str, topic: str | None) -> dict[str, Any]:
    """An alarm of a table as PutMetricAlarm takes it; `topic` is the ARN that it notifies, None for nobody."""
    properties: dict[str, Any] = dict(alarm.resource()["Properties"])
    properties["AlarmName"] = f"{table_name}-{env}-{alarm.name}"
    properties["Threshold"] = alarm.threshold  # the template's own may be a parameter
    if "Dimensions" in properties:
        own = [{"Name": "TableName", "Value": table_name}]
        properties["Dimensions"] = own + [
            dimension for dimension in properties["Dimensions"] if dimension["Name"] != "TableName"
        ]
    for action in ("AlarmActions", "OKActions"):
        properties[action] = [] if topic is None else [topic]
    return properties
