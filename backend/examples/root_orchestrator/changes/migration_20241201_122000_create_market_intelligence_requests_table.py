"""Creates the requests' table with its four indexes; in dev with a sample request."""

from __future__ import annotations

from examples.root_orchestrator.table_configs.market_intelligence_requests_table import TABLE
from lifecycle.operations import CreateTable, DeleteTable, Operation

GROUP = "root_orchestrator"
DEPENDS_ON: tuple[str, ...] = ()
DESCRIPTION = "The table of intelligence requests with its four indexes."


def up() -> list[Operation]:
    """Creates it where it is missing."""
    return [CreateTable(TABLE)]


def down() -> list[Operation]:
    """Deletes it with all its data."""
    return [DeleteTable(TABLE)]
