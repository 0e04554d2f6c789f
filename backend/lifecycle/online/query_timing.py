"""Times a query without and with its index: seconds, RCU, and whether both return the same items."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from api.dynamodb.control_plane.calls import call_table
from api.dynamodb.control_plane.declaration import IndexConfig
from api.dynamodb.control_plane.description import TableDescription
from lifecycle.online.table_sample import Item, key_text
from lifecycle.queries import IndexQuery

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient as BotoClient

# Without the index a whole table may be read: that is stopped after this many pages of at most 1 MB.
MAX_PAGES = 50


@dataclass
class QueryMeasurement:
    """One way to answer a query: seconds, RCU, items; `stopped` if it was stopped before its end."""

    seconds: float
    units: float
    items: int
    pages: int
    stopped: bool = False


@dataclass
class QueryTiming:
    """A query without (`before`) and with the index (`after`).

    `same` is whether both returned the same items; None where the first was stopped.
    """

    query: str
    value: str
    before: QueryMeasurement
    after: QueryMeasurement
    same: bool | None


def time_query(
    client: BotoClient,
    table: TableDescription,
    index: IndexConfig,
    query: IndexQuery,
    example: Item,
    *,
    clock: Callable[[], float] = time.perf_counter,
) -> QueryTiming:
    """Runs one query without and with the index, for the keys of `example`.

    Eventually consistent reads of whole items; without the index it stops after 50 pages of at most 1 MB.
    """
    names, values = {"#p": index.partition.name}, {":p": example[index.partition.name]}
    condition = "#p = :p"
    if query.between is not None and index.sort is not None:
        low, high = query.between(example)
        names["#s"] = index.sort.name
        values |= {":low": low, ":high": high}
        condition += " AND #s BETWEEN :low AND :high"
    bound: dict[str, Any] = {"ExpressionAttributeNames": names, "ExpressionAttributeValues": values}
    pages = _pages_without_index(client, table, query, example, condition, bound)
    before, items_before = _measure(pages, clock)
    request = {"IndexName": index.name, "KeyConditionExpression": condition, **bound}
    after, items_after = _measure(_pages(client, "Query", table.name, request), clock)
    same = None if before.stopped else _key_set(table, items_before) == _key_set(table, items_after)
    return QueryTiming(query.name, key_text(values[":p"]), before, after, same)


def _pages_without_index(
    client: BotoClient,
    table: TableDescription,
    query: IndexQuery,
    example: Item,
    condition: str,
    bound: dict[str, Any],
) -> Iterator[Any]:
    if query.partitions is None:
        yield from _pages(client, "Scan", table.name, {"FilterExpression": condition, **bound})
        return
    names, values = bound["ExpressionAttributeNames"], bound["ExpressionAttributeValues"]
    # DynamoDB does not filter by a key of the table: bounds on one are applied here.
    filters_here = names.get("#s") in {key.name for key in table.keys}
    filtered = condition.partition(" AND ")[0] if filters_here else condition
    for partition in query.partitions(example):
        request = {
            "KeyConditionExpression": "#base = :base", "FilterExpression": filtered,
            "ExpressionAttributeNames": {
                "#base": table.keys[0].name, **{short: name for short, name in names.items() if short in filtered},
            },
            "ExpressionAttributeValues": {
                ":base": partition, **{short: value for short, value in values.items() if short in filtered},
            },
        }  # fmt: skip
        for page in _pages(client, "Query", table.name, request):
            if filters_here:
                low, high = _sort_value(values[":low"]), _sort_value(values[":high"])
                page["Items"] = [
                    item for item in page["Items"] if low <= _sort_value(item[names["#s"]]) <= high
                ]
            yield page


def _sort_value(value: Mapping[str, Any]) -> Any:
    """A key's value as DynamoDB orders it: numbers by value, texts by their UTF-8 bytes."""
    ((kind, content),) = value.items()
    if kind == "N":
        return Decimal(content)
    return content.encode() if isinstance(content, str) else content


def _pages(client: BotoClient, operation: str, table_name: str, request: Mapping[str, Any]) -> Iterator[Any]:
    start: dict[str, Any] = {}
    while True:
        page = call_table(client, operation, table_name, ReturnConsumedCapacity="TOTAL", **request, **start)
        yield page
        if not page.get("LastEvaluatedKey"):
            return
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}


def _measure(pages: Iterator[Any], clock: Callable[[], float]) -> tuple[QueryMeasurement, list[Item]]:
    items: list[Item] = []
    measurement = QueryMeasurement(0.0, 0.0, 0, 0)
    started = clock()
    for page in pages:
        measurement.pages += 1
        measurement.units += page.get("ConsumedCapacity", {}).get("CapacityUnits", 0.0)
        items += page["Items"]
        if measurement.pages >= MAX_PAGES:
            measurement.stopped = bool(page.get("LastEvaluatedKey"))
            break
    measurement.seconds, measurement.items = clock() - started, len(items)
    return measurement, items


def _key_set(table: TableDescription, items: list[Item]) -> set[tuple[str, ...]]:
    return {tuple(key_text(item[key.name]) for key in table.keys) for item in items}
