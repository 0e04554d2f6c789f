"""The target table of a migration: whether it is ready, and the identity that changes when it is recreated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from api.dynamodb.client import DynamoDBClient
from api.dynamodb.table_schema import check_table, describe_readiness
from api.dynamodb.transport.read_only import read_only
from config.environment import Environment
from migration.errors import MigrationError


@dataclass(frozen=True)
class TargetTable:
    """A table that is ready. `items` is DynamoDB's item count, which is hours behind on AWS."""

    identity: str
    items: int


def require_ready_table(settings: Environment) -> TargetTable:
    """The configured table. Three DescribeTable calls and one DescribeTimeToLive, no capacity.

    Raises `MigrationError` with the next command when it is missing or not ready.
    """
    client = read_only(DynamoDBClient.get_client(patient=True))
    state = describe_readiness(client)
    if not state.ready:
        raise MigrationError(
            f"table {settings.table_name} at {settings.target} is {state.table}: {state.hint}"
        )
    differences = check_table(client)
    if differences:
        raise MigrationError(
            f"table {settings.table_name} at {settings.target} differs from its declaration "
            f"({'; '.join(map(str, differences))}): run make dynamodb-init, which completes it or names the next step"
        )
    table: Any = client.describe_table(TableName=settings.table_name)["Table"]
    return TargetTable(
        str(table.get("TableId") or table["CreationDateTime"]), int(table.get("ItemCount") or 0)
    )
