"""A client that cannot write, for dry runs and for commands that only look."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from lifecycle.errors import BadInput

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient as BotoClient

_READS = frozenset({"batch_get_item", "get_item", "query", "scan"})
_PREFIXES = ("describe_", "list_")


class ReadOnly:
    """boto3's client reduced to describe, list, get, query and scan; anything else raises `BadInput`."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.meta = client.meta

    def __getattr__(self, name: str) -> Any:
        if name in _READS or name.startswith(_PREFIXES):
            return getattr(self._client, name)
        raise BadInput(f"{name} was not sent: this client cannot write")


def read_only(client: BotoClient) -> BotoClient:
    """The same client without the operations that write. It makes no call."""
    return cast("BotoClient", ReadOnly(client))
