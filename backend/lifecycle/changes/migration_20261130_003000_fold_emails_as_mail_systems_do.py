"""Gives e-mail addresses the keys of version 2 of the rules, which folds what mail systems fold and nothing else.

The service works with keys of both rules, before, during and after this change. Of users whose address is another
user's by version 2, the one who has the key keeps it; the others are named.
"""

from __future__ import annotations

from api.dynamodb.control_plane.declaration import IndexConfig, Key
from api.dynamodb.table_schema import ServiceTable
from lifecycle.operations import Operation
from lifecycle.operations.email_keys import RewriteEmailKeys

GROUP = "algoitny"
DEPENDS_ON = ("migration_20261121_000000_create_algoitny_main",)
DESCRIPTION = "E-mail addresses have the keys of version 2 of the rules."

# What this change reads and writes of the table.
TABLE = ServiceTable(
    name="algoitny_main",
    partition=Key("PK"),
    sort=Key("SK"),
    real_name="{name}",
    indexes=(IndexConfig("GSI1", Key("GSI1PK"), Key("GSI1SK")),),
)


def up() -> list[Operation]:
    """Rewrites the keys that differ."""
    return [RewriteEmailKeys(TABLE, 2)]


def down() -> list[Operation]:
    """Rewrites them by the first version, for a version of the service that knows only that one."""
    return [RewriteEmailKeys(TABLE, 1)]
