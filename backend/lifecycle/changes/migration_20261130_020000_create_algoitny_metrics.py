"""Creates the table of the service's metrics, which the dashboard reads; `make dynamodb-init` runs this change.

The service keeps its figures in memory for an hour while the table is missing, and so may run before it is there.
"""

from __future__ import annotations

from api.dynamodb.control_plane.declaration import Key
from api.dynamodb.table_schema import MetricsTable
from lifecycle.operations import CreateTable, DeleteTable, Operation

GROUP = "algoitny"
DEPENDS_ON: tuple[str, ...] = ()
DESCRIPTION = "The table algoitny_metrics with its TTL."

# As declared when this change was written: what is declared later does not reach it.
TABLE = MetricsTable(
    name="algoitny_metrics",
    partition=Key("PK"),
    sort=Key("SK"),
    real_name="{name}",
    ttl="ttl",
    per_environment={
        "staging": {"tags": {"project": "algoitny", "environment": "staging"}},
        "demo": {"tags": {"project": "algoitny", "environment": "demo"}},
        "prod": {"tags": {"project": "algoitny", "environment": "prod"}},
    },
)


def up() -> list[Operation]:
    """Creates it where it is missing."""
    return [CreateTable(TABLE)]


def down() -> list[Operation]:
    """Deletes it with all its figures."""
    return [DeleteTable(TABLE)]
