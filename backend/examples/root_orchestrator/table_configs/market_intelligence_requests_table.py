"""Requests for market intelligence: one item each, indexed by user, project, status, and strategy with priority."""

from __future__ import annotations

from api.dynamodb.control_plane.declaration import IndexConfig, Key, TableConfig
from lifecycle.queries import IndexQuery

BY_USER = IndexConfig("user-index", partition=Key("user_id"), sort=Key("created_at"))
BY_PROJECT = IndexConfig("project-index", partition=Key("project_id"), sort=Key("created_at"))
BY_STATUS = IndexConfig("status-index", partition=Key("status"), sort=Key("created_at"))
BY_STRATEGY = IndexConfig("strategy-index", partition=Key("processing_strategy"), sort=Key("priority", "N"))

TABLE = TableConfig(
    name="market_intelligence_requests",
    partition=Key("request_id"),
    real_name="{env}-{name}",
    indexes=(BY_USER, BY_PROJECT, BY_STATUS, BY_STRATEGY),
)

# The query that each index serves; without it the whole table would be read.
QUERIES = tuple(IndexQuery(name=f"{index.partition.name} = :v", index=index.name) for index in TABLE.indexes)
