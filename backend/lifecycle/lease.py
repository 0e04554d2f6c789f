"""One runner at a time in an environment: an item of the history's table is its lease, which fences its writes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from api.dynamodb.control_plane.calls import call_table
from api.dynamodb.errors import ConditionFailed, TableMissing
from api.dynamodb.table.lease import Holder, Lease, LeaseItem
from lifecycle.errors import BadInput
from lifecycle.history import LEASE_SK, PK, SK, History, partition_of

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient as BotoClient


def _item(client: BotoClient, history: History) -> LeaseItem:
    def call(operation: str, request: dict[str, Any]) -> Any:
        return call_table(client, operation, request.pop("TableName"), **request)

    key = {PK: {"S": partition_of(history.env)}, SK: {"S": LEASE_SK}}
    return LeaseItem(call, history.table_name, key, f"environment {history.env}", "unlock --owner")


def environment_lease(client: BotoClient, history: History) -> Lease:
    """The lease of the history's environment, to hold while a block runs."""
    return Lease(_item(client, history))


def holder_of(client: BotoClient, history: History) -> Holder | None:
    """Who holds the environment; None if nobody does or the history's table is missing. 1 RCU."""
    try:
        return _item(client, history).holder()
    except TableMissing:
        return None


def unlock(client: BotoClient, history: History, owner: str) -> Holder | None:
    """Ends the lease of `owner` (user@host) whether its runner lives or not; that runner's next write is refused.

    Returns who held it, None if nobody did. Raises `BadInput` when somebody else does.
    """
    holder = holder_of(client, history)
    if holder is None:
        return None
    if holder.owner != owner:
        raise BadInput(
            f"the environment {history.env} is locked by {holder}, not by {owner}",
            hint=f"unlock --owner {holder.owner}",
        )
    try:
        _item(client, history).release(holder.token)
    except ConditionFailed:
        raise BadInput(f"the lease of {owner} has just changed", hint="look again with: status") from None
    return holder
