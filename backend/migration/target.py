"""The table that is moved into: whether it is ready, and what tells this incarnation of it from an earlier one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from api.dynamodb.table_schema import check_table, describe_readiness
from config.environment import Environment
from migration.errors import MigrationError
from migration.read_only import ReadOnlyClient


@dataclass(frozen=True)
class Target:
    """A table that is ready. `items` is DynamoDB's own count, which lags by hours on AWS."""

    identity: str
    items: int


def ready_target(settings: Environment) -> Target:
    """The configured table. Three DescribeTable calls and one DescribeTimeToLive, no capacity.

    Raises `MigrationError` with the next command when it is missing or not ready.
    """
    client = ReadOnlyClient.of_environment()
    state = describe_readiness(client)
    if not state.ready:
        raise MigrationError(
            f"table {settings.table_name} at {settings.target} is {state.table}: {state.hint}"
        )
    wrong = check_table(client)
    if wrong:
        raise MigrationError(
            f"table {settings.table_name} at {settings.target} is not as declared "
            f"({'; '.join(map(str, wrong))}): make dynamodb-init completes it or says what to do"
        )
    table: Any = client.describe_table(TableName=settings.table_name)["Table"]
    return Target(str(table.get("TableId") or table["CreationDateTime"]), int(table.get("ItemCount") or 0))
