"""Requests for market intelligence: one item each, found by user, project, state, and strategy with priority."""

from __future__ import annotations

from lifecycle.declaration import IndexConfig, Key, TableConfig
from lifecycle.queries import IndexQuery

BY_USER = IndexConfig("user-index", partition=Key("user_id"), sort=Key("created_at"))
BY_PROJECT = IndexConfig("project-index", partition=Key("project_id"), sort=Key("created_at"))
BY_STATUS = IndexConfig("status-index", partition=Key("status"), sort=Key("created_at"))
BY_STRATEGY = IndexConfig("strategy-index", partition=Key("processing_strategy"), sort=Key("priority", "N"))

SAMPLE_REQUEST_ID = "req_1757412789250_a08ac7ad"
SAMPLE_REQUEST = {
    "request_id": SAMPLE_REQUEST_ID,
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
    # How far it is: a worker that takes the request up writes these.
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
}

TABLE = TableConfig(
    name="market_intelligence_requests",
    partition=Key("request_id"),
    real_name="{env}-{name}",
    indexes=(BY_USER, BY_PROJECT, BY_STATUS, BY_STRATEGY),
    sample_items=(SAMPLE_REQUEST,),
)

# What each index is for: without it, the whole table would be read.
QUERIES = tuple(IndexQuery(name=f"{index.partition.name} = :v", index=index.name) for index in TABLE.indexes)
