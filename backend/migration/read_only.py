"""A client that cannot write: the dry run and the verification reach DynamoDB through it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from api.dynamodb.client import DynamoDBClient
from api.dynamodb.transport import Transport
from migration.errors import MigrationError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient as BotoClient

READS = frozenset({"GetItem", "BatchGetItem", "Query", "Scan", "DescribeTable", "DescribeTimeToLive"})
_METHODS = frozenset(
    {"get_item", "batch_get_item", "query", "scan", "describe_table", "describe_time_to_live"}
)


class ReadOnlyClient:
    """boto3's client reduced to the operations that read."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def __getattr__(self, name: str) -> Any:
        if name not in _METHODS:
            raise MigrationError(f"a read-only client was asked to {name}")
        return getattr(self._client, name)

    @classmethod
    def of_environment(cls) -> BotoClient:
        """The client for the configured endpoint."""
        return cast("BotoClient", cls(DynamoDBClient.get_client(patient=True)))


class ReadOnlyTransport(Transport):
    """The bulk transport reduced to the operations that read."""

    def call(self, operation: str, request: Any) -> Any:
        """As `Transport.call`. Raises `MigrationError` for an operation that writes; nothing is sent then."""
        if operation not in READS:
            raise MigrationError(f"a read-only client was asked to {operation}")
        return super().call(operation, request)
