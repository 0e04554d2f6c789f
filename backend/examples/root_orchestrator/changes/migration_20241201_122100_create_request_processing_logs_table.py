"""Creates the table of processing logs with its index; in dev with the sample request's entries."""

from __future__ import annotations

from examples.root_orchestrator.table_configs.request_processing_logs_table import TABLE
from lifecycle.operations import CreateTable, DeleteTable, Operation

GROUP = "root_orchestrator"
DEPENDS_ON: tuple[str, ...] = ("migration_20241201_122000_create_market_intelligence_requests_table",)
DESCRIPTION = "The table of processing logs with its index by request."


def up() -> list[Operation]:
    """Creates it where it is missing."""
    return [CreateTable(TABLE)]


def down() -> list[Operation]:
    """Deletes it with all its data."""
    return [DeleteTable(TABLE)]
