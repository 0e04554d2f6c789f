"""One call of an operator's tool; its failures name the table and the IAM action that is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore import xform_name
from botocore.exceptions import BotoCoreError, ClientError

from api.dynamodb.boto3_transport import translate
from api.dynamodb.errors import AccessDenied, DataLayerError, TableMissing
from config.environment import environment
from lifecycle.errors import BadInput

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient as BotoClient

# What the tools for indexes ask of IAM; the last is wished for, the tools do without it.
READ_ACTIONS = (
    "dynamodb:DescribeTable",
    "dynamodb:Scan",
    "dynamodb:Query",
    "dynamodb:GetItem",
)
ACTIONS = (*READ_ACTIONS, "dynamodb:UpdateTable", "cloudwatch:GetMetricStatistics")
_BUSY = {"LimitExceededException", "ResourceInUseException"}


class IndexChangeError(BadInput):
    """What was asked for cannot be done to this table; nothing was changed."""


class Busy(IndexChangeError):
    """Another change of the table is under way: the same call may be made later."""


def ask(client: BotoClient, operation: str, table_name: str, **request: Any) -> Any:
    """The answer of one operation on a table.

    Raises `TableMissing`, `AccessDenied` naming the IAM action, `Busy` when another change is under way, and
    the data layer's other failures as they are.
    """
    try:
        return getattr(client, xform_name(operation))(TableName=table_name, **request)
    except (ClientError, BotoCoreError) as error:
        raise in_our_words(error, operation, table_name) from error


def in_our_words(error: Exception, operation: str, table_name: str) -> DataLayerError:
    """What boto3 raised, as a failure that names the table and what is to be done."""
    failure = translate(error, operation=operation, is_write=False)
    told: Any = {"code": failure.code, "aws_message": failure.aws_message}
    if isinstance(failure, TableMissing) and "index" in failure.aws_message.lower():
        return IndexChangeError(f"{operation} on {table_name}: {failure.aws_message}", **told)
    if isinstance(failure, TableMissing):
        settings = environment()
        where = "" if settings.region in settings.target else f"region {settings.region} at "
        return TableMissing(
            f"table {table_name} does not exist in {where}{settings.target}",
            hint="check the region and the environment", **told,
        )  # fmt: skip
    if isinstance(failure, AccessDenied) and failure.code == "AccessDeniedException":
        return AccessDenied(
            f"AWS refused {operation} on {table_name}",
            hint=f"allow dynamodb:{operation} on table/{table_name} and table/{table_name}/index/*", **told,
        )  # fmt: skip
    if isinstance(failure, AccessDenied):
        return AccessDenied(f"{failure}; these need the IAM actions {', '.join(ACTIONS)}", **told)
    if failure.code in _BUSY:
        return Busy(f"{operation} on {table_name}: {failure.aws_message}", **told)
    return failure
