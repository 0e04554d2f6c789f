"""Creates the requests' table with its four indexes; in dev with sample requests."""

from __future__ import annotations

from api.dynamodb.control_plane.declaration import IndexConfig, Key, TableConfig
from lifecycle.operations import CreateTable, DeleteTable, Operation

GROUP = "root_orchestrator"
DEPENDS_ON: tuple[str, ...] = ()
DESCRIPTION = "The table of intelligence requests with its four indexes."

# As declared when this change was written: what is declared later does not reach it.
TABLE = TableConfig(
    name="market_intelligence_requests",
    partition=Key("request_id"),
    indexes=(
        IndexConfig("user-index", Key("user_id"), Key("created_at")),
        IndexConfig("project-index", Key("project_id"), Key("created_at")),
        IndexConfig("status-index", Key("status"), Key("created_at")),
        IndexConfig("strategy-index", Key("processing_strategy"), Key("priority", "N")),
    ),
    sample_items=(
        {
            "request_id": "req_1757412789250_a08ac7ad",
            "user_id": "test-user-123",
            "project_id": "test-project-456",
            "status": "pending",
            "processing_strategy": "table",
            "priority": 5,
            "created_at": "2025-09-09T10:13:09.250Z",
            "updated_at": "2025-09-09T10:13:14.480Z",
            "title": "Semaglutide intelligence",
            "config": {
                "keywords": ["semaglutide", "GLP-1 receptor agonist", "Ozempic", "Wegovy", "Rybelsus"],
                "sources": [
                    {"name": "FDA", "type": "government", "url": "https://www.fda.gov"},
                    {"name": "ClinicalTrials.gov", "type": "clinical", "url": "https://clinicaltrials.gov"},
                    {"name": "PubMed", "type": "academic", "url": "https://pubmed.ncbi.nlm.nih.gov"},
                ],
                "processing": {
                    "strategy": "table",
                    "batch_size": 10,
                    "max_results_per_source": 50,
                    "timeout_seconds": 3600,
                    "quality_threshold_percent": 80,
                },
            },
            "progress": {
                "stage": "queued",
                "percent": 0,
                "sources_done": 0,
                "sources_total": 3,
                "items_found": 0,
                "attempts": 0,
                "started_at": None,
                "finished_at": None,
                "error": None,
            },
        },
        # Three more of the same user and strategy, so that queries have an order to show: by time one order, by
        # priority another, in which 10 comes before 9 as a number and not as text.
        {
            "request_id": "req_1757498400000_5b21c0de",
            "user_id": "test-user-123",
            "project_id": "test-project-456",
            "status": "completed",
            "processing_strategy": "table",
            "priority": 10,
            "created_at": "2025-09-10T10:00:00.000Z",
            "updated_at": "2025-09-10T10:42:31.905Z",
            "title": "Tirzepatide safety signals",
        },
        {
            "request_id": "req_1757584800000_c7f09e11",
            "user_id": "test-user-123",
            "project_id": "test-project-456",
            "status": "pending",
            "processing_strategy": "table",
            "priority": 9,
            "created_at": "2025-09-11T10:00:00.000Z",
            "updated_at": "2025-09-11T10:00:00.000Z",
            "title": "Insulin biosimilars in the EU",
        },
        {
            "request_id": "req_1757671200000_0d4e83a9",
            "user_id": "test-user-123",
            "project_id": "test-project-789",
            "status": "pending",
            "processing_strategy": "table",
            "priority": 1,
            "created_at": "2025-09-12T10:00:00.000Z",
            "updated_at": "2025-09-12T10:00:00.000Z",
            "title": "Obesity guidelines, a summary",
        },
    ),
)


def up() -> list[Operation]:
    """Creates it where it is missing."""
    return [CreateTable(TABLE)]


def down() -> list[Operation]:
    """Deletes it with all its data."""
    return [DeleteTable(TABLE)]
