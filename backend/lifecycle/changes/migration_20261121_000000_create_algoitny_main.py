"""Creates AlgoItny's table with its indexes and TTL; `make dynamodb-init` runs this change."""

from __future__ import annotations

from api.dynamodb.control_plane.declaration import IndexConfig, Key
from api.dynamodb.table_schema import ServiceTable
from lifecycle.operations import CreateTable, DeleteTable, Operation

GROUP = "algoitny"
DEPENDS_ON: tuple[str, ...] = ()
DESCRIPTION = "The table algoitny_main with its indexes and TTL."

# As declared when this change was written: what is declared later does not reach it.
TABLE = ServiceTable(
    name="algoitny_main",
    partition=Key("PK"),
    sort=Key("SK"),
    real_name="{name}",
    indexes=(
        IndexConfig("GSI1", Key("GSI1PK"), Key("GSI1SK")),
        IndexConfig(
            "GSI2",
            Key("GSI2PK"),
            Key("GSI2SK"),
            ("id", "uid", "pid", "plt", "num", "tit", "lng", "pas", "fal", "tot", "pub", "crt"),
        ),
    ),
    ttl="ttl",
    per_environment={
        "staging": {
            "recovery": True,
            "protection": True,
            "tags": {"project": "algoitny", "environment": "staging"},
        },
        "demo": {
            "recovery": True,
            "protection": True,
            "tags": {"project": "algoitny", "environment": "demo"},
        },
        "prod": {
            "recovery": True,
            "protection": True,
            "tags": {"project": "algoitny", "environment": "prod"},
        },
    },
)


def up() -> list[Operation]:
    """Creates it where it is missing."""
    return [CreateTable(TABLE)]


def down() -> list[Operation]:
    """Deletes it with all its data; where it is protected, once the backup is there."""
    return [DeleteTable(TABLE, even_protected=True)]
