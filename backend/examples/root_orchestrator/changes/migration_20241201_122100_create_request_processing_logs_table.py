"""Creates the table of processing logs with its index; in dev with the sample request's entries."""

from __future__ import annotations

from api.dynamodb.control_plane.declaration import IndexConfig, Key, TableConfig
from lifecycle.operations import CreateTable, DeleteTable, Operation

GROUP = "root_orchestrator"
DEPENDS_ON: tuple[str, ...] = ("migration_20241201_122000_create_market_intelligence_requests_table",)
DESCRIPTION = "The table of processing logs with its index by request."

# As declared when this change was written: what is declared later does not reach it.
TABLE = TableConfig(
    name="request_processing_logs",
    partition=Key("log_id"),
    indexes=(IndexConfig("request-logs-index", Key("request_id"), Key("timestamp")),),
    sample_items=(
        {
            "log_id": "log_1757412789310_0001",
            "request_id": "req_1757412789250_a08ac7ad",
            "timestamp": "2025-09-09T10:13:09.310Z",
            "level": "INFO",
            "stage": "validation",
            "message": "request accepted: 5 keywords, 3 sources",
            "metadata": {"keywords": 5, "sources": 3, "duration_ms": 18},
        },
        {
            "log_id": "log_1757412790120_0002",
            "request_id": "req_1757412789250_a08ac7ad",
            "timestamp": "2025-09-09T10:13:10.120Z",
            "level": "DEBUG",
            "stage": "planning",
            "message": "strategy chosen",
            "metadata": {"strategy": "table", "batch_size": 10},
        },
        {
            "log_id": "log_1757412792040_0003",
            "request_id": "req_1757412789250_a08ac7ad",
            "timestamp": "2025-09-09T10:13:12.040Z",
            "level": "WARNING",
            "stage": "collection",
            "message": "PubMed answers slowly, asked again",
            "metadata": {"source": "PubMed", "attempt": 2, "waited_ms": 1500},
        },
        {
            "log_id": "log_1757412794480_0004",
            "request_id": "req_1757412789250_a08ac7ad",
            "timestamp": "2025-09-09T10:13:14.480Z",
            "level": "ERROR",
            "stage": "collection",
            "message": "PubMed gave no answer, the request waits for its next attempt",
            "metadata": {"source": "PubMed", "attempt": 3, "error": "timeout"},
        },
    ),
)


def up() -> list[Operation]:
    """Creates it where it is missing."""
    return [CreateTable(TABLE)]


def down() -> list[Operation]:
    """Deletes it with all its data."""
    return [DeleteTable(TABLE)]
