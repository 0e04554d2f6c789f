"""Creates the decision log with its index, where there is none; one that stands is left to scripts/add_gsi.py."""

from __future__ import annotations

from api.dynamodb.control_plane.declaration import IndexConfig, Key, TableConfig
from lifecycle.operations import CreateTable, DeleteTable, Operation

GROUP = "decision_log"
DEPENDS_ON: tuple[str, ...] = ()
DESCRIPTION = "The decision log with its index by market."

# As declared when this change was written: what is declared later does not reach it.
TABLE = TableConfig(
    name="dora_decision_log",
    partition=Key("date"),
    sort=Key("timestamp"),
    real_name="{name}_{env}",
    indexes=(IndexConfig("market_id-timestamp-index", Key("market_id"), Key("timestamp")),),
)


def up() -> list[Operation]:
    """Creates it where it is missing."""
    return [CreateTable(TABLE)]


def down() -> list[Operation]:
    """Deletes it with all its data."""
    return [DeleteTable(TABLE)]
