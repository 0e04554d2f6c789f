"""The state of a table and its indexes, for readers that may not ask DynamoDB for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from api.dynamodb.transport.factory import DynamoDBTransport


def table_state(transport: DynamoDBTransport, name: str) -> dict[str, Any]:
    """Status, items and bytes of a table and of each index. One DescribeTable, no capacity.

    AWS counts items and bytes anew every six hours. Raises the data layer's errors, `TableMissing` among them.
    """
    answer, _ = transport.send("DescribeTable", {"TableName": name})
    table = answer["Table"]
    indexes = table.get("GlobalSecondaryIndexes") or ()
    return {
        **_state(table, "Table"),
        "indexes": {
            index["IndexName"]: {**_state(index, "Index"), "backfilling": bool(index.get("Backfilling"))}
            for index in indexes
        },
    }


def _state(described: Mapping[str, Any], kind: str) -> dict[str, Any]:
    return {
        "status": described.get(f"{kind}Status", "ACTIVE"),
        "items": int(described.get("ItemCount") or 0),
        "bytes": int(described.get(f"{kind}SizeBytes") or 0),
    }
