"""What DynamoDB refuses of an item. A move learns it from the engine, an import only when it has failed."""

from __future__ import annotations

from api.dynamodb.codec.item_size import WireItem, text_size
from api.dynamodb.schema.entities import PK, SK
from api.dynamodb.schema.indexes import INDEXES

MAX_ITEM_BYTES = 409_600
_MAX_PARTITION_KEY, _MAX_SORT_KEY = 2_048, 1_024
_KEYS = (
    (PK, _MAX_PARTITION_KEY),
    (SK, _MAX_SORT_KEY),
    *((index.pk, _MAX_PARTITION_KEY) for index in INDEXES),
    *((index.sk, _MAX_SORT_KEY) for index in INDEXES),
)  # fmt: skip


def problem_of(item: WireItem, size: int) -> str | None:
    """Why DynamoDB would refuse an item of that size in bytes; None if it would not."""
    if size > MAX_ITEM_BYTES:
        return f"the item has {size:,} bytes, at most {MAX_ITEM_BYTES:,} are allowed"
    for name, limit in _KEYS:
        value = item.get(name)
        if value is not None and not 0 < text_size(value["S"]) <= limit:
            return f"the key {name} has {text_size(value['S']):,} bytes, 1 to {limit:,} are allowed"
    return None
