"""The playground's scores: an item for each table and for each user's score in it."""

from __future__ import annotations

from api.dynamodb.control_plane.declaration import IndexConfig, Key, TableConfig

# The sort key of the item that describes a table; users' ids come after it.
METADATA = "#META"
BY_USER = IndexConfig("byUser", partition=Key("userId"), sort=Key("tableId"))

TABLE = TableConfig(
    name="PlaygroundScores",
    partition=Key("tableId"),
    sort=Key("userId"),
    real_name="{name}-{env}",
    indexes=(BY_USER,),
)
