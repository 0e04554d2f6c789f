"""Creates AlgoItny's table with its indexes and TTL; `make dynamodb-init` runs this change."""

from __future__ import annotations

from lifecycle.operations import CreateTable, DeleteTable, Operation
from lifecycle.table_configs.algoitny_main import TABLE

GROUP = "algoitny"
DEPENDS_ON: tuple[str, ...] = ()
DESCRIPTION = "The table algoitny_main with its indexes and TTL."


def up() -> list[Operation]:
    """Creates it where it is missing."""
    return [CreateTable(TABLE)]


def down() -> list[Operation]:
    """Deletes it with all its data; where it is protected, once the backup is there."""
    return [DeleteTable(TABLE, even_protected=True)]
