"""DynamoDB for readers: GetItem, Query and Scan, and nothing else, ever.

It works under the policy `infra/iam/dashboard.json`.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import boto3
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    PartialCredentialsError,
    ReadTimeoutError,
)

from dashboard.errors import Unreadable
from dashboard.targets import Target

ALLOWED = {"GetItem": "get_item", "Query": "query", "Scan": "scan"}
_SLOW = (ConnectTimeoutError, ReadTimeoutError)
_DENIED = {
    "AccessDeniedException",
    "UnrecognizedClientException",
    "InvalidSignatureException",
    "ExpiredTokenException",
}
_THROTTLED = {"ProvisionedThroughputExceededException", "ThrottlingException", "RequestLimitExceeded"}


@dataclass(frozen=True)
class Advice:
    """The next step where a table is missing, an index is missing, or AWS refuses a read."""

    no_table: str = "Create it with make dynamodb-init, or choose another environment or region."
    no_index: str = "Look at it with make dynamodb-gsi-status."
    refused: str = "Give the credentials the policy infra/iam/dashboard.json."
    no_engine: str = (
        "Start the demonstration with make run, correct LOCALSTACK_URL, or choose another region."
    )


class Reads(Protocol):
    """Something that reads items, and counts what that costs."""

    @property
    def units(self) -> float:
        """RCU so far."""
        ...

    @property
    def requests(self) -> int:
        """Requests so far."""
        ...

    def call(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        """The response of one read. Raises `Unreadable`."""
        ...


class ReadOnlyClient:
    """Sends reads to one target. Safe to share between threads.

    An operation that is not in `ALLOWED` raises PermissionError before anything is sent.
    """

    def __init__(self, target: Target, advice: Advice | None = None) -> None:
        self._target, self._advice = target, advice or Advice()
        self._lock = threading.Lock()
        self.units, self.requests = 0.0, 0
        settings, keys = target.settings, target.settings.aws_keys
        session: Any = boto3.Session(
            aws_access_key_id=keys.access_key if keys else None,
            aws_secret_access_key=keys.secret_key if keys else None,
            aws_session_token=keys.token if keys else None,
            region_name=settings.region,
        )
        config = Config(
            connect_timeout=2, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 3},
            max_pool_connections=16,
        )  # fmt: skip
        self._client = session.client("dynamodb", endpoint_url=settings.endpoint_url, config=config)

    def call(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        """The response of one read, binaries as bytes. Raises `Unreadable`, and PermissionError for a write."""
        if operation not in ALLOWED:
            raise PermissionError(f"{operation} was not sent: the dashboard only reads")
        try:
            response: dict[str, Any] = getattr(self._client, ALLOWED[operation])(
                **request, ReturnConsumedCapacity="TOTAL"
            )
        except (BotoCoreError, ClientError) as error:
            raise self._unreadable(error, str(request.get("TableName"))) from error
        with self._lock:
            self.requests += 1
            self.units += float(response.get("ConsumedCapacity", {}).get("CapacityUnits", 0))
        return response

    def _unreadable(self, error: Exception, table: str) -> Unreadable:
        where = f"{self._target.settings.target} ({self._target.env})"
        if isinstance(error, NoCredentialsError | PartialCredentialsError):
            return Unreadable(
                "There are no AWS credentials",
                "Put AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY into .streamlit/secrets.toml or the environment, or "
                "configure a profile; for a local engine set LOCALSTACK_URL.",
            )
        if isinstance(error, _SLOW):
            return Unreadable(
                f"{where} answers too slowly", "Choose a shorter range, or try again in a moment."
            )
        if isinstance(error, EndpointConnectionError):
            return Unreadable(f"Nothing answers at {where}", self._advice.no_engine)
        code = error.response.get("Error", {}).get("Code", "") if isinstance(error, ClientError) else ""
        if code == "ResourceNotFoundException":
            return Unreadable(f"There is no table {table} at {where}", self._advice.no_table)
        if code in _DENIED:
            return Unreadable(f"AWS refuses to read {table}", self._advice.refused)
        if code == "ValidationException" and "index" in str(error):
            return Unreadable(f"An index of {table} is missing or being built", self._advice.no_index)
        if code in _THROTTLED:
            return Unreadable(f"{table} is throttled", "Choose a shorter range, and try again in a moment.")
        return Unreadable(f"{table} cannot be read", " ".join(str(error).split())[:300])


def query(
    reads: Reads,
    table: str,
    pk: str,
    *,
    key: str = "PK",
    between: tuple[str, str, str] | None = None,
    **options: Any,
) -> Iterator[dict[str, Any]]:
    """The items of a partition, page by page. 0.5 RCU for each started 4 KB of a page.

    key: the partition key's name. between: the sort key's name, and the first and last value. With `Limit` one page.
    """
    names, values = {"#pk": key}, {":pk": {"S": pk}}
    condition = "#pk = :pk"
    if between is not None:
        names["#sk"], low, high = between
        values |= {":low": {"S": low}, ":high": {"S": high}}
        condition += " AND #sk BETWEEN :low AND :high"
    request: dict[str, Any] = {
        "TableName": table, "KeyConditionExpression": condition, "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": values, **options,
    }  # fmt: skip
    yield from _pages(reads, "Query", request)


def scan(reads: Reads, table: str) -> Iterator[dict[str, Any]]:
    """Every item of a small table, page by page. 0.5 RCU for each started 4 KB of a page."""
    yield from _pages(reads, "Scan", {"TableName": table})


def _pages(reads: Reads, operation: str, request: dict[str, Any]) -> Iterator[dict[str, Any]]:
    while True:
        response = reads.call(operation, request)
        yield from response.get("Items", ())
        if not response.get("LastEvaluatedKey") or "Limit" in request:
            return
        request["ExclusiveStartKey"] = response["LastEvaluatedKey"]
