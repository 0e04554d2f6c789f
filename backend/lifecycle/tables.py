"""The calls of versioned changes: failures name the IAM action, tables may be missing, engines may lack things."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from botocore import xform_name
from botocore.exceptions import BotoCoreError, ClientError

from api.dynamodb.boto3_transport import translate
from api.dynamodb.errors import AccessDenied, DataLayerError, TableMissing, Throttled, Unavailable
from lifecycle.online.calls import in_our_words

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient as BotoClient

WAIT_SECONDS = 3600.0
PATIENCE_SECONDS = 120.0
_FIRST_PAUSE, _MAX_PAUSE = 0.05, 5.0
_UNKNOWN = {"UnknownOperationException", "UnknownOperation", "NotImplemented"}


# What versioned changes ask of IAM, on the tables that they change and on the history's.
ACTIONS = tuple(
    f"dynamodb:{name}"
    for name in (
        "DescribeTable", "DescribeTimeToLive", "DescribeContinuousBackups", "ListTagsOfResource", "CreateTable",
        "UpdateTable", "DeleteTable", "UpdateTimeToLive", "UpdateContinuousBackups", "TagResource", "UntagResource",
        "CreateBackup", "DescribeBackup", "Scan", "Query", "GetItem", "PutItem", "UpdateItem", "ConditionCheckItem",
    )
)  # fmt: skip
# Operations whose actions are called otherwise.
_ACTIONS_OF = {"TransactWriteItems": ("ConditionCheckItem", "PutItem")}
_NAMED = re.compile(r"to perform: (\w+:\w+)")


def ask(client: BotoClient, operation: str, table_name: str, **request: Any) -> Any:
    """The answer of one operation on a table. Raises typed failures, `AccessDenied` naming the IAM action."""
    return call(client, operation, table_name, TableName=table_name, **request)


def call(client: BotoClient, operation: str, about: str, **request: Any) -> Any:
    """The answer of an operation; `about` is the table that a failure is told of. Throttling is waited out."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    pause = _FIRST_PAUSE
    while True:
        try:
            return getattr(client, xform_name(operation))(**request)
        except (ClientError, BotoCoreError) as error:
            failure = _explained(error, operation, about)
            if not isinstance(failure, Throttled) or time.monotonic() > deadline:
                raise failure from error
        time.sleep(random.uniform(pause / 2, pause))  # noqa: S311
        pause = min(pause * 2, _MAX_PAUSE)


def _explained(error: Exception, operation: str, about: str) -> DataLayerError:
    failure = translate(error, operation=operation, is_write=False)
    if not isinstance(failure, AccessDenied):
        return in_our_words(error, operation, about)
    told: Any = {"code": failure.code, "aws_message": failure.aws_message}
    if failure.code != "AccessDeniedException":
        return AccessDenied(f"{failure}; versioned changes need the IAM actions {', '.join(ACTIONS)}", **told)
    named = _NAMED.search(failure.aws_message)
    missing = (
        [named[1]] if named else [f"dynamodb:{name}" for name in _ACTIONS_OF.get(operation, (operation,))]
    )
    return AccessDenied(
        f"AWS refused {operation} on {about}", hint=f"allow {' and '.join(missing)} on table/{about}", **told
    )


def is_unsupported(failure: DataLayerError) -> bool:
    """Whether the engine does not know the operation at all; AWS knows them all."""
    return failure.code in _UNKNOWN


def describe(client: BotoClient, name: str) -> Any:
    """DescribeTable's table, None where there is none. One call, no capacity."""
    try:
        return ask(client, "DescribeTable", name)["Table"]
    except TableMissing:
        return None


def wait(ready: Callable[[], bool], what: str, still_mine: Callable[[], None]) -> None:
    """Waits, with pauses from 0.05 to 5 s, for as long as the lease is held.

    Raises `Unavailable` after an hour, and what `still_mine` raises.
    """
    deadline = time.monotonic() + WAIT_SECONDS
    pause = _FIRST_PAUSE
    while not ready():
        still_mine()
        if time.monotonic() > deadline:
            raise Unavailable(
                f"{what} is not done after {WAIT_SECONDS / 60:.0f} min", hint="run the command again"
            )
        time.sleep(pause)
        pause = min(pause * 1.5, _MAX_PAUSE)


def is_active(described: Any) -> bool:
    """Whether the table and all its indexes are ACTIVE; a table can be so while an index is not."""
    states = [index.get("IndexStatus", "ACTIVE") for index in described.get("GlobalSecondaryIndexes") or []]
    return described["TableStatus"] == "ACTIVE" and all(state == "ACTIVE" for state in states)


def wait_active(client: BotoClient, name: str, still_mine: Callable[[], None]) -> None:
    """Waits until the table and all its indexes are ACTIVE; DescribeTable may lag behind the creation."""

    def ready() -> bool:
        described = describe(client, name)
        return described is not None and is_active(described)

    wait(ready, f"table {name}: becoming ACTIVE", still_mine)


def wait_gone(client: BotoClient, name: str, still_mine: Callable[[], None]) -> None:
    """Waits until there is no table of that name."""
    wait(lambda: describe(client, name) is None, f"table {name}: its deletion", still_mine)
