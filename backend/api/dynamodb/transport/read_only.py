"""Clients that cannot write, for dry runs, for proofs, and for commands that only look."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from botocore import xform_name

from api.dynamodb.errors import InvalidInput
from api.dynamodb.transport.http import Transport

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient as BotoClient

_READS = frozenset({"BatchGetItem", "GetItem", "Query", "Scan"})
_READ_METHODS = frozenset(xform_name(operation) for operation in _READS)


def is_read(operation: str) -> bool:
    """Whether an operation, by its API name such as `GetItem`, changes nothing."""
    return operation in _READS or operation.startswith(("Describe", "List"))


def _refused(operation: str) -> InvalidInput:
    return InvalidInput(f"{operation} was not sent: this client cannot write")


class _ReadOnlyClient:
    def __init__(self, client: Any) -> None:
        self._client = client
        self.meta = client.meta

    def __getattr__(self, name: str) -> Any:
        if name in _READ_METHODS or name.startswith(("describe_", "list_")):
            return getattr(self._client, name)
        raise _refused(name)


def read_only(client: BotoClient) -> BotoClient:
    """boto3's client reduced to describe, list, get, query and scan; anything else raises `InvalidInput`. No call."""
    return cast("BotoClient", _ReadOnlyClient(client))


class ReadOnlyTransport(Transport):
    """The bulk transport reduced to the operations that read."""

    def call(self, operation: str, request: Any) -> Any:
        """As `Transport.call`. Raises `InvalidInput` for an operation that writes; nothing is sent then."""
        if not is_read(operation):
            raise _refused(operation)
        return super().call(operation, request)
