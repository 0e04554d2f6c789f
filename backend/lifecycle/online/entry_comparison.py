"""Compares an index with its table: a sample of entries by content, and the counts where both were read completely.

An index follows its table with a delay, and the table may be written meanwhile: a difference is checked again
before it counts.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from api.dynamodb.control_plane.calls import call_table
from api.dynamodb.control_plane.declaration import IndexConfig
from api.dynamodb.control_plane.description import TableDescription
from lifecycle.online.table_sample import Item, entry_attributes, index_faults, item_key_text

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient as BotoClient

SAMPLED_ITEMS = 200
_ATTEMPTS = 6
_PAUSE = 0.5
_MAX_DIFFERENCES = 5
_MAX_PAGES = 20
_MISSING_ENTRY = "the table has it, the index does not"
_STALE_ENTRY = "the index has it, the table does not"


@dataclass
class EntryComparison:
    """What was compared and what differs, a line each; `in_table` and `in_index` are None if not counted."""

    compared: int = 0
    in_table: int | None = None
    in_index: int | None = None
    differences: list[str] = field(default_factory=list)

    @property
    def agrees(self) -> bool:
        """Whether nothing differs."""
        return not self.differences


def compare_entries(
    client: BotoClient,
    table: TableDescription,
    index: IndexConfig,
    eligible: list[Item],
    *,
    counts: bool,
    sleep: Callable[[float], None] = time.sleep,
) -> EntryComparison:
    """Looks up `eligible` items of the table in the index, and entries of the index in the table.

    With `counts` both are read completely and counted too. A sample costs one Query each way per item; counting
    reads everything at half a RCU per 4 KB.
    """
    comparison = EntryComparison()
    scan = call_table(client, "Scan", table.name, IndexName=index.name, Limit=max(1, len(eligible)))
    for item in (*eligible, *scan["Items"]):
        comparison.compared += 1
        difference = _lasting_difference(client, table, index, item, sleep)
        if difference is not None and len(comparison.differences) < _MAX_DIFFERENCES:
            comparison.differences.append(f"{item_key_text(table, item)}: {difference}")
    if counts:
        _compare_counts(client, table, index, comparison, sleep)
    return comparison


def _lasting_difference(
    client: BotoClient,
    table: TableDescription,
    index: IndexConfig,
    item: Item,
    sleep: Callable[[float], None],
) -> str | None:
    """How an item and its entry differ after several attempts; None once they agree."""
    difference: str | None = None
    for attempt in range(_ATTEMPTS):
        if attempt:
            sleep(_PAUSE)
        difference = _difference(client, table, index, item)
        if difference is None:
            return None
    return difference


def _difference(client: BotoClient, table: TableDescription, index: IndexConfig, item: Item) -> str | None:
    key = {part.name: item[part.name] for part in table.keys}
    response = call_table(client, "GetItem", table.name, Key=key, ConsistentRead=True)
    stored: Item | None = response.get("Item")
    if stored is None or index_faults(stored, index):
        return None if _find_entry(client, table, index, item) is None else _STALE_ENTRY
    names = entry_attributes(table, index)
    expected = stored if names is None else {name: stored[name] for name in names if name in stored}
    entry = _find_entry(client, table, index, stored)
    if entry is None:
        return _MISSING_ENTRY
    if entry == expected:
        return None
    differing = sorted(name for name in {*entry, *expected} if entry.get(name) != expected.get(name))
    return f"differs in {', '.join(differing)}"


def _find_entry(client: BotoClient, table: TableDescription, index: IndexConfig, item: Item) -> Item | None:
    """The entry of an item in the index, None if the index has none under the item's keys."""
    request: dict[str, Any] = {
        "IndexName": index.name,
        "KeyConditionExpression": " AND ".join(f"#k{n} = :k{n}" for n in range(len(index.keys))),
        "ExpressionAttributeNames": {f"#k{n}": key.name for n, key in enumerate(index.keys)},
        "ExpressionAttributeValues": {f":k{n}": item[key.name] for n, key in enumerate(index.keys)},
    }
    for _ in range(_MAX_PAGES):
        page = call_table(client, "Query", table.name, **request)
        entries: list[Item] = page["Items"]
        for entry in entries:
            if all(entry[key.name] == item[key.name] for key in table.keys):
                return entry
        if not page.get("LastEvaluatedKey"):
            return None
        request["ExclusiveStartKey"] = page["LastEvaluatedKey"]
    return None


def _compare_counts(
    client: BotoClient,
    table: TableDescription,
    index: IndexConfig,
    comparison: EntryComparison,
    sleep: Callable[[float], None],
) -> None:
    for attempt in range(_ATTEMPTS):
        if attempt:
            sleep(_PAUSE)
        before = _count_eligible(client, table, index)
        comparison.in_index = _count_entries(client, table, index)
        comparison.in_table = _count_eligible(client, table, index)
        if min(before, comparison.in_table) <= comparison.in_index <= max(before, comparison.in_table):
            return
    comparison.differences.append(
        f"{comparison.in_table:,} items of the table belong in the index, which has {comparison.in_index:,}"
    )


def _count_eligible(client: BotoClient, table: TableDescription, index: IndexConfig) -> int:
    names = {f"#k{n}": key.name for n, key in enumerate(index.keys)}
    projection = {"ProjectionExpression": ", ".join(names), "ExpressionAttributeNames": names}
    pages = _scan(client, table.name, ConsistentRead=True, **projection)
    return sum(not index_faults(item, index) for page in pages for item in page["Items"])


def _count_entries(client: BotoClient, table: TableDescription, index: IndexConfig) -> int:
    return sum(int(page["Count"]) for page in _scan(client, table.name, IndexName=index.name, Select="COUNT"))


def _scan(client: BotoClient, table_name: str, **request: Any) -> Iterator[Any]:
    while True:
        page = call_table(client, "Scan", table_name, **request)
        yield page
        if not page.get("LastEvaluatedKey"):
            return
        request["ExclusiveStartKey"] = page["LastEvaluatedKey"]
