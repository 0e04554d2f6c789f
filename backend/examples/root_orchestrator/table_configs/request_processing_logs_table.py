"""The processing log of requests: an audit trail, read by request in order of time.

The key is the entry's own id, not the request's: a worker that repeats a write after a lost response overwrites
its own entry, two entries of the same instant both stay, and a request with many entries makes no partition
of the table hot. The entries of a request are read through the index.
"""

from __future__ import annotations

from api.dynamodb.control_plane.declaration import IndexConfig, Key, TableConfig
from lifecycle.queries import IndexQuery

BY_REQUEST = IndexConfig("request-logs-index", partition=Key("request_id"), sort=Key("timestamp"))

TABLE = TableConfig(
    name="request_processing_logs",
    partition=Key("log_id"),
    real_name="{env}-{name}",
    indexes=(BY_REQUEST,),
)

QUERIES = (IndexQuery(name="request_id = :v", index=BY_REQUEST.name),)
