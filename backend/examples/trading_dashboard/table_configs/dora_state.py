"""The state of each market, an item each: book, position, cost, realised P&L, and both at the end of each day."""

from __future__ import annotations

from api.dynamodb.control_plane.declaration import Key, TableConfig

TABLE = TableConfig(name="dora_state", partition=Key("market_id"), real_name="{name}_{env}")
