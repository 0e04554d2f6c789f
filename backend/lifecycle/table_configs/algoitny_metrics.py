"""The table of the service's metrics, as the data layer declares it; `metrics.items` says what is in it."""

from __future__ import annotations

from api.dynamodb.table_schema import METRICS_TABLE as TABLE

__all__ = ["TABLE"]
