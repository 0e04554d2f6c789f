"""Turns a table's stream on and off, and says which one it has."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from migration.errors import MigrationError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

# Both images: what was removed of a day's ledger is known by the old one alone.
VIEW = "NEW_AND_OLD_IMAGES"
_WAIT_SECONDS = 120.0
_BUSY = frozenset({"ResourceInUseException", "LimitExceededException"})


@dataclass(frozen=True)
class StreamSettings:
    """A table's stream: whether it is on, what its records hold, and its address (None before the first)."""

    is_on: bool
    view: str | None
    arn: str | None


def stream_settings(client: DynamoDBClient, table_name: str) -> StreamSettings:
    """The table's stream at present. One DescribeTable."""
    table: Any = client.describe_table(TableName=table_name)["Table"]
    settings = table.get("StreamSpecification", {})
    return StreamSettings(
        bool(settings.get("StreamEnabled")), settings.get("StreamViewType"), table.get("LatestStreamArn")
    )


def enable_stream(client: DynamoDBClient, table_name: str, not_arn: str | None = None) -> str:
    """Turns the stream on and returns its address; one that is on already is taken, unless it is `not_arn`.

    Raises `MigrationError` for a stream that somebody turned on with other images, and when it takes two minutes.
    """
    deadline = time.monotonic() + _WAIT_SECONDS
    while True:
        settings = stream_settings(client, table_name)
        if settings.is_on and settings.view != VIEW:
            raise MigrationError(
                f"the table {table_name} has a stream with {settings.view}, and {VIEW} is needed: turn that stream off "
                "where nobody reads it, then run the command again"
            )
        if settings.is_on and settings.arn is not None and settings.arn != not_arn:
            return settings.arn
        if not settings.is_on:
            _update(client, table_name, {"StreamEnabled": True, "StreamViewType": VIEW})
        _pause(deadline, f"the stream of {table_name} was not turned on within two minutes")


def disable_stream(client: DynamoDBClient, table_name: str) -> None:
    """Turns the stream off, which closes all its shards; they stay readable for a day. Raises `MigrationError`."""
    deadline = time.monotonic() + _WAIT_SECONDS
    while stream_settings(client, table_name).is_on:
        _update(client, table_name, {"StreamEnabled": False})
        _pause(deadline, f"the stream of {table_name} was not turned off within two minutes")


def _update(client: DynamoDBClient, table_name: str, specification: Any) -> None:
    try:
        client.update_table(TableName=table_name, StreamSpecification=specification)
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        message = str(error.response.get("Error", {}).get("Message", ""))
        if code not in _BUSY and "stream" not in message.lower():
            raise MigrationError(
                f"the stream of {table_name} cannot be changed ({code}): allow dynamodb:UpdateTable on it"
            ) from None


def _pause(deadline: float, message: str) -> None:
    if time.monotonic() > deadline:
        raise MigrationError(f"{message}: look at the table in the console, then run the command again")
    time.sleep(0.2)
