"""The markets that are traded, an item each: title, limits, whether it is open."""

from __future__ import annotations

from api.dynamodb.control_plane.declaration import Key, TableConfig

TABLE = TableConfig(name="dora_market_config", partition=Key("market_id"), real_name="{name}_{env}")
