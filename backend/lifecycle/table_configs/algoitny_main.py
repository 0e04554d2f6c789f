"""The service's own table, as the data layer declares it."""

from __future__ import annotations

from api.dynamodb.table_schema import TABLE

__all__ = ["TABLE"]
