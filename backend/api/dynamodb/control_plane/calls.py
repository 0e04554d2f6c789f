"""Calls made by the tools that manage tables: throttling is waited out, failures name the table and the IAM action."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from botocore import xform_name
from botocore.exceptions import BotoCoreError, ClientError

from api.dynamodb.control_plane.errors import ChangeInProgress, LimitReached, TableChangeError
from api.dynamodb.errors import AccessDenied, DataLayerError, TableMissing, Throttled
from api.dynamodb.transport.boto3_transport import translate
from api.dynamodb.transport.retry import GIVE_UP_SECONDS, retry_while
from config.environment import environment

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient as BotoClient

# What the tools call on the tables that they manage and on the history of changes. The progress metric is optional.
ACTIONS = (
    *(
        f"dynamodb:{name}"
        for name in (
            "DescribeTable", "DescribeTimeToLive", "DescribeContinuousBackups", "ListTagsOfResource", "CreateTable",
            "UpdateTable", "DeleteTable", "UpdateTimeToLive", "UpdateContinuousBackups", "TagResource",
            "UntagResource", "CreateBackup", "DescribeBackup", "Scan", "Query", "GetItem", "PutItem", "UpdateItem",
            "ConditionCheckItem",
            "DescribeContributorInsights", "UpdateContributorInsights",
        )
    ),
    "cloudwatch:GetMetricStatistics",
)  # fmt: skip
# Operations that are authorized by actions of other names.
_ACTIONS_OF_OPERATION = {"TransactWriteItems": ("ConditionCheckItem", "PutItem")}
_READS_OF_INDEXES = {"Query", "Scan"}
_ACTION_IN_MESSAGE = re.compile(r"to perform: (\w+:\w+)")
# AWS's messages: "Only 1 online index can be created or deleted simultaneously per table", "Only 10 tables can be
# created, updated, or deleted simultaneously". LimitExceededException without it is a limit that stays.
_AT_ONCE = "simultaneous"
_IN_PROGRESS = {"LimitExceededException", "ResourceInUseException"}
_UNSUPPORTED = {"UnknownOperationException", "UnknownOperation", "NotImplemented"}


def call_table(
    client: BotoClient,
    operation: str,
    table_name: str,
    *,
    throttling_seconds: float = GIVE_UP_SECONDS,
    **request: Any,
) -> Any:
    """Calls an operation that takes a TableName and returns the response. Raises like `call`."""
    return call(
        client, operation, table_name, throttling_seconds=throttling_seconds, TableName=table_name, **request
    )


def call(
    client: BotoClient,
    operation: str,
    table_name: str,
    *,
    throttling_seconds: float = GIVE_UP_SECONDS,
    **request: Any,
) -> Any:
    """Calls an operation and returns the response, repeating it while it is throttled.

    Params: `operation` as the API names it, such as DescribeTable; `table_name` for messages only;
    `throttling_seconds` is how long throttling is waited out. Raises `TableMissing`, `AccessDenied` naming the
    IAM action, `ChangeInProgress` while another change blocks this one, `LimitReached` for a limit that stays,
    and the data layer's other failures unchanged.
    """
    send = getattr(client, xform_name(operation))

    def attempt() -> Any:
        try:
            return send(**request)
        except (ClientError, BotoCoreError) as error:
            raise explain(error, operation, table_name) from error

    return retry_while(Throttled, attempt, throttling_seconds) if throttling_seconds else attempt()


def explain(error: Exception, operation: str, table_name: str) -> DataLayerError:
    """The typed failure for an exception of boto3, with the table's name and the next step."""
    return name_failure(translate(error, operation=operation, is_write=False), operation, table_name)


def name_failure(failure: DataLayerError, operation: str, table_name: str) -> DataLayerError:
    """The failure of any transport with the table's name and the next step, as `explain` makes it."""
    origin: Any = {"code": failure.code, "aws_message": failure.aws_message}
    if isinstance(failure, AccessDenied):
        if failure.code != "AccessDeniedException":
            return AccessDenied(
                f"{failure}; managing tables requires the IAM actions {', '.join(ACTIONS)}", **origin
            )
        return AccessDenied(
            f"AWS refused {operation} on {table_name}",
            hint=_missing_permission(operation, table_name, failure.aws_message), **origin,
        )  # fmt: skip
    if isinstance(failure, TableMissing):
        if "index" in failure.aws_message.lower():
            return TableChangeError(f"{operation} on {table_name}: {failure.aws_message}", **origin)
        settings = environment()
        endpoint = settings.target
        if settings.region not in endpoint:
            endpoint = f"region {settings.region} at {endpoint}"
        return TableMissing(
            f"table {table_name} does not exist in {endpoint}",
            hint="check the region and the environment", **origin,
        )  # fmt: skip
    if failure.code == "LimitExceededException" and _AT_ONCE not in failure.aws_message.lower():
        return LimitReached(
            f"{operation} on {table_name}: a limit of DynamoDB is reached: {failure.aws_message}",
            hint="waiting does not help: drop what is not needed, or have the quota raised in AWS Service Quotas",
            **origin,
        )
    if failure.code in _IN_PROGRESS:
        return ChangeInProgress(f"{operation} on {table_name}: {failure.aws_message}", **origin)
    return failure


def _missing_permission(operation: str, table_name: str, aws_message: str) -> str:
    match = _ACTION_IN_MESSAGE.search(aws_message)
    actions = [match[1]] if match else []
    actions = actions or [f"dynamodb:{name}" for name in _ACTIONS_OF_OPERATION.get(operation, (operation,))]
    resources = f"table/{table_name}"
    if operation in _READS_OF_INDEXES:
        resources += f" and table/{table_name}/index/*"
    return f"allow {' and '.join(actions)} on {resources}"


def is_unsupported(failure: DataLayerError) -> bool:
    """Whether a local engine does not implement the operation. AWS implements all of them."""
    return failure.code in _UNSUPPORTED
