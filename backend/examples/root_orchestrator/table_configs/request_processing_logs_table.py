"""What was done for a request, entry by entry: an audit trail, read by request in the order of time.

The key is the entry's own id, not the request's: a worker that repeats a write after a lost answer overwrites
its entry with itself, two entries of one instant both stay, and a request that logs much makes no partition
of the table hot. Who wants the entries of a request asks the index.
"""

from __future__ import annotations

from examples.root_orchestrator.table_configs.market_intelligence_requests_table import SAMPLE_REQUEST_ID
from lifecycle.declaration import IndexConfig, Key, TableConfig
from lifecycle.queries import IndexQuery

BY_REQUEST = IndexConfig("request-logs-index", partition=Key("request_id"), sort=Key("timestamp"))

SAMPLE_LOGS = (
    {
        "log_id": "log_1757412789310_0001",
        "request_id": SAMPLE_REQUEST_ID,
        "timestamp": "2025-09-09T10:13:09.310Z",
        "level": "INFO",
        "stage": "validation",
        "message": "request accepted: 5 keywords, 3 sources",
        "metadata": {"keywords": 5, "sources": 3, "duration_ms": 18},
    },
    {
        "log_id": "log_1757412790120_0002",
        "request_id": SAMPLE_REQUEST_ID,
        "timestamp": "2025-09-09T10:13:10.120Z",
        "level": "DEBUG",
        "stage": "planning",
        "message": "strategy chosen",
        "metadata": {"strategy": "table", "batch_size": 10},
    },
    {
        "log_id": "log_1757412792040_0003",
        "request_id": SAMPLE_REQUEST_ID,
        "timestamp": "2025-09-09T10:13:12.040Z",
        "level": "WARNING",
        "stage": "collection",
        "message": "PubMed answers slowly, asked again",
        "metadata": {"source": "PubMed", "attempt": 2, "waited_ms": 1500},
    },
    {
        "log_id": "log_1757412794480_0004",
        "request_id": SAMPLE_REQUEST_ID,
        "timestamp": "2025-09-09T10:13:14.480Z",
        "level": "ERROR",
        "stage": "collection",
        "message": "PubMed gave no answer, the request waits for its next attempt",
        "metadata": {"source": "PubMed", "attempt": 3, "error": "timeout"},
    },
)

TABLE = TableConfig(
    name="request_processing_logs",
    partition=Key("log_id"),
    real_name="{env}-{name}",
    indexes=(BY_REQUEST,),
    sample_items=SAMPLE_LOGS,
)

QUERIES = (IndexQuery(name="request_id = :v", index=BY_REQUEST.name),)
