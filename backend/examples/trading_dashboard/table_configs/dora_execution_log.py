"""What happened to orders, by day, and by market through the index: placed, accepted, filled, cancelled, errors.

A timestamp ends with a sequence, so that rows of one moment never collide.
"""

from __future__ import annotations

from api.dynamodb.control_plane.declaration import IndexConfig, Key, TableConfig

TABLE = TableConfig(
    name="dora_execution_log",
    partition=Key("date"),
    sort=Key("timestamp"),
    real_name="{name}_{env}",
    indexes=(IndexConfig("market_id-timestamp-index", Key("market_id"), Key("timestamp")),),
)
