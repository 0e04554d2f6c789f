"""Creates the decision log with its index, where there is none; one that stands is left to scripts/add_gsi.py."""

from __future__ import annotations

from examples.decision_log.table_configs.dora_decision_log import TABLE
from lifecycle.operations import CreateTable, DeleteTable, Operation

GROUP = "decision_log"
DEPENDS_ON: tuple[str, ...] = ()
DESCRIPTION = "The decision log with its index by market."


def up() -> list[Operation]:
    """Creates it where it is missing."""
    return [CreateTable(TABLE)]


def down() -> list[Operation]:
    """Deletes it with all its data."""
    return [DeleteTable(TABLE)]
