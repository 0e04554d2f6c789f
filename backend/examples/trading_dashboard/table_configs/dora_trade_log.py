"""Trades by day, and by market through the index; each has the position and the P&L after it.

A timestamp ends with a sequence, so that rows of one moment never collide.
"""

from __future__ import annotations

from api.dynamodb.control_plane.declaration import IndexConfig, Key, TableConfig

TABLE = TableConfig(
    name="dora_trade_log",
    partition=Key("date"),
    sort=Key("timestamp"),
    real_name="{name}_{env}",
    indexes=(IndexConfig("market_id-timestamp-index", Key("market_id"), Key("timestamp")),),
)
