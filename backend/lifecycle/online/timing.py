"""The queries that want an index, asked both ways: what each took, what it was charged, whether both found the same."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from lifecycle.declaration import IndexConfig
from lifecycle.online.calls import ask
from lifecycle.online.state import TableNow
from lifecycle.online.survey import Item, plain
from lifecycle.queries import IndexQuery

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient as BotoClient

# The older way may read a whole table: it is stopped after so many pages of at most 1 MB.
MAX_PAGES = 50


@dataclass
class Measured:
    """One way: its time in seconds, RCU, items found; `stopped` when it was given up before its end."""

    seconds: float
    units: float
    items: int
    pages: int
    stopped: bool = False


@dataclass
class Timing:
    """A query by the older way and by the index, None where that was not asked; `same`: both found the same items."""

    query: str
    value: str
    before: Measured
    after: Measured | None
    same: bool | None


def time_query(
    client: BotoClient,
    table: TableNow,
    index: IndexConfig,
    query: IndexQuery,
    example: Item,
    *,
    by_index: bool = True,
    clock: Callable[[], float] = time.perf_counter,
) -> Timing:
    """Asks one query by the older way and, with `by_index`, by the index.

    Eventually consistent reads of whole items; the older way stops after 50 pages of at most 1 MB.
    """
    names, values = {"#p": index.partition.name}, {":p": example[index.partition.name]}
    condition = "#p = :p"
    if query.between is not None and index.sort is not None:
        low, high = query.between(example)
        names["#s"] = index.sort.name
        values |= {":low": low, ":high": high}
        condition += " AND #s BETWEEN :low AND :high"
    bound: dict[str, Any] = {"ExpressionAttributeNames": names, "ExpressionAttributeValues": values}
    before, old = _measure(_older(client, table, query, example, condition, bound), clock)
    after, same = None, None
    if by_index:
        request = {"IndexName": index.name, "KeyConditionExpression": condition, **bound}
        after, new = _measure(_pages(client, "Query", table.name, request), clock)
        if not before.stopped:
            same = _places(table, old) == _places(table, new)
    return Timing(query.name, plain(values[":p"]), before, after, same)


def _older(
    client: BotoClient,
    table: TableNow,
    query: IndexQuery,
    example: Item,
    condition: str,
    bound: dict[str, Any],
) -> Iterator[Any]:
    if query.partitions is None:
        yield from _pages(client, "Scan", table.name, {"FilterExpression": condition, **bound})
        return
    # A key of the table cannot be filtered by: what the bounds would leave out is left out afterwards.
    keys = {key.name for key in table.keys}
    part, names, values = (
        table.keys[0].name,
        bound["ExpressionAttributeNames"],
        bound["ExpressionAttributeValues"],
    )
    filtered = condition.partition(" AND ")[0] if names.get("#s") in keys else condition
    used = {name: real for name, real in names.items() if name in filtered}
    given = {name: value for name, value in values.items() if name in filtered}
    for partition in query.partitions(example):
        request = {
            "KeyConditionExpression": "#base = :base", "FilterExpression": filtered,
            "ExpressionAttributeNames": {**used, "#base": part},
            "ExpressionAttributeValues": {**given, ":base": partition},
        }  # fmt: skip
        for page in _pages(client, "Query", table.name, request):
            if filtered != condition:
                low, high = _ordered(values[":low"]), _ordered(values[":high"])
                page["Items"] = [item for item in page["Items"] if low <= _ordered(item[names["#s"]]) <= high]
            yield page


def _ordered(value: Mapping[str, Any]) -> Any:
    """A key's value as DynamoDB orders it: numbers by value, texts by their UTF-8 bytes."""
    ((kind, inner),) = value.items()
    if kind == "N":
        return Decimal(inner)
    return inner.encode() if isinstance(inner, str) else inner


def _pages(client: BotoClient, operation: str, table_name: str, request: Mapping[str, Any]) -> Iterator[Any]:
    start: dict[str, Any] = {}
    while True:
        page = ask(client, operation, table_name, ReturnConsumedCapacity="TOTAL", **request, **start)
        yield page
        if not page.get("LastEvaluatedKey"):
            return
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}


def _measure(pages: Iterator[Any], clock: Callable[[], float]) -> tuple[Measured, list[Item]]:
    found: list[Item] = []
    measured = Measured(0.0, 0.0, 0, 0)
    began = clock()
    for page in pages:
        measured.pages += 1
        measured.units += page.get("ConsumedCapacity", {}).get("CapacityUnits", 0.0)
        found += page["Items"]
        if measured.pages >= MAX_PAGES:
            measured.stopped = bool(page.get("LastEvaluatedKey"))
            break
    measured.seconds, measured.items = clock() - began, len(found)
    return measured, found


def _places(table: TableNow, items: list[Item]) -> set[tuple[str, ...]]:
    return {tuple(plain(item[key.name]) for key in table.keys) for item in items}
