"""Creates the playground's table with its index, where there is none."""

from __future__ import annotations

from api.dynamodb.control_plane.declaration import IndexConfig, Key, TableConfig
from lifecycle.operations import CreateTable, DeleteTable, Operation

GROUP = "playground_scores"
DEPENDS_ON: tuple[str, ...] = ()
DESCRIPTION = "The playground's scores with their index by user."

# As declared when this change was written: what is declared later does not reach it.
TABLE = TableConfig(
    name="PlaygroundScores",
    partition=Key("tableId"),
    sort=Key("userId"),
    real_name="{name}-{env}",
    indexes=(IndexConfig("byUser", Key("userId"), Key("tableId")),),
)


def up() -> list[Operation]:
    """Creates it where it is missing."""
    return [CreateTable(TABLE)]


def down() -> list[Operation]:
    """Deletes it with all its data."""
    return [DeleteTable(TABLE)]
