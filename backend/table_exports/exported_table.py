"""Answers the reading calls of the data layer from an export, so that tools read it as they read a table.

The items are kept in a temporary SQLite file, so that memory stays bounded; SQLite sorts keys by their bytes, as
DynamoDB does. Nothing is sent and no units are consumed.
"""

from __future__ import annotations

import math
import re
import sqlite3
import threading
from collections.abc import Callable
from typing import Any

import orjson

from api.dynamodb.codec.item_size import WireItem
from api.dynamodb.errors import InvalidInput
from api.dynamodb.schema.entities import SK
from api.dynamodb.table.write_actions import Key, key_of, wire_key
from table_exports.export_reader import DamagedExport, TableExport

_PAGE_BYTES = 1_000_000
# A comparison as `api.dynamodb.table.expressions` and the migration write them; a name may stand for itself.
_COMPARISON = re.compile(r"(#?\w+) (?:= (:\w+)|BETWEEN (:\w+) AND (:\w+))|begins_with\((#?\w+), (:\w+)\)")
# A sort key has at most 1,024 bytes, so no key with a prefix is above the prefix with 256 of the last character.
_LAST_KEYS = "\U0010ffff" * 256
# Pages of SQLite's 4 KB would take twice the space: in them, an item of 1 KB goes to a page of its own.
_SCHEMA = """
PRAGMA page_size = 16384;
CREATE TABLE items (pk TEXT, sk TEXT, item BLOB, PRIMARY KEY (pk, sk)) WITHOUT ROWID;
"""


class ExportedTable:
    """A transport that knows GetItem, BatchGetItem, Query and Scan of the table itself, without its indexes.

    A Scan has one segment. progress: is called with the number of items read from the export since the last call.
    Raises `DamagedExport`.
    """

    seconds = math.inf

    def __init__(self, export: TableExport, *, progress: Callable[[int], None] = lambda number: None) -> None:
        self._lock = threading.Lock()
        self._base = sqlite3.connect("", check_same_thread=False)
        self._base.executescript(_SCHEMA)
        self._answers = {
            "GetItem": self._get, "BatchGetItem": self._batch_get, "Query": self._query, "Scan": self._scan,
        }  # fmt: skip
        for file in export.files:
            before = self._base.total_changes
            with self._base:
                self._base.executemany(
                    "INSERT OR REPLACE INTO items VALUES (?, ?, ?)",
                    ((*key_of(item), orjson.dumps(item)) for item in file.read()),
                )
            progress(self._base.total_changes - before)
        ((number,),) = self._base.execute("SELECT count(*) FROM items")
        if number != export.items:
            raise DamagedExport(f"{export.folder} has {export.items - number:,} items twice")

    @property
    def file_bytes(self) -> int:
        """The size of the temporary file."""
        ((pages,),), ((page_bytes,),) = map(self._base.execute, ("PRAGMA page_count", "PRAGMA page_size"))
        return int(pages * page_bytes)

    def close(self) -> None:
        """Removes the temporary file."""
        self._base.close()

    def send(self, operation: str, request: dict[str, Any]) -> tuple[Any, int]:
        """One reading operation in wire form, and no retries. Raises `InvalidInput` for one that writes."""
        answer = self._answers.get(operation)
        if answer is None:
            raise InvalidInput(f"{operation}: an export can only be read")
        with self._lock:
            return {**answer(request), "ConsumedCapacity": {"CapacityUnits": 0.0}}, 0

    def _get(self, request: dict[str, Any]) -> dict[str, Any]:
        item = self._item(key_of(request["Key"]))
        return {} if item is None else {"Item": item}

    def _batch_get(self, request: dict[str, Any]) -> dict[str, Any]:
        ((table, batch),) = request["RequestItems"].items()
        items = [self._item(key_of(key)) for key in batch["Keys"]]
        return {"Responses": {table: [item for item in items if item is not None]}}

    def _item(self, key: Key) -> WireItem | None:
        row = self._base.execute("SELECT item FROM items WHERE pk = ? AND sk = ?", key).fetchone()
        return None if row is None else orjson.loads(row[0])

    def _query(self, request: dict[str, Any]) -> dict[str, Any]:
        if "IndexName" in request:
            raise InvalidInput(f"{request['IndexName']}: an export has no indexes")
        pk, sort = _key_condition(request)
        forward = request.get("ScanIndexForward", True)
        low, high = sort
        after = request.get("ExclusiveStartKey")
        compare, order = (">", "ASC") if forward else ("<", "DESC")
        query = "SELECT item FROM items WHERE pk = ? AND sk >= ? AND (? IS NULL OR sk <= ?)"
        values: list[str | None] = [pk, low, high, high]
        if after is not None:
            query += f" AND sk {compare} ?"
            values.append(after[SK]["S"])
        return self._page(f"{query} ORDER BY sk {order}", values, request)

    def _scan(self, request: dict[str, Any]) -> dict[str, Any]:
        if request.get("TotalSegments", 1) != 1:
            raise InvalidInput("an export is read in one segment")
        after = request.get("ExclusiveStartKey")
        start = ("", "") if after is None else key_of(after)
        query = "SELECT item FROM items WHERE (pk, sk) > (?, ?) ORDER BY pk, sk"
        return self._page(query, list(start), request)

    def _page(self, query: str, values: list[str | None], request: dict[str, Any]) -> dict[str, Any]:
        """The items of a query up to the page's limit or 1 MB, and where the next page starts."""
        conditions = _filter(request)
        items, size = list[WireItem](), 0
        limit, number = request.get("Limit", math.inf), 0
        for (text,) in self._base.execute(query, values):
            item: WireItem = orjson.loads(text)
            number, size = number + 1, size + len(text)
            if all(item.get(name) == value for name, value in conditions.items()):
                items.append(item)
            if number >= limit or size >= _PAGE_BYTES:
                return {"Items": items, "LastEvaluatedKey": wire_key(key_of(item))}
        return {"Items": items}


def _comparisons(request: dict[str, Any], expression: str) -> list[tuple[str, list[Any]]]:
    """(attribute, values) of each comparison of an expression."""
    names, values = request.get("ExpressionAttributeNames", {}), request["ExpressionAttributeValues"]
    comparisons = []
    for name, *compared, prefixed, prefix in _COMPARISON.findall(request[expression]):
        operands = [values[value] for value in compared if value]
        if prefixed:
            operands = [values[prefix], {"S": values[prefix]["S"] + _LAST_KEYS}]
        comparisons.append((names.get(name or prefixed, name or prefixed), operands))
    return comparisons


def _key_condition(request: dict[str, Any]) -> tuple[str, tuple[str, str | None]]:
    """The partition key, and the lowest and the highest sort key of a Query; None for no highest."""
    (_, (pk,)), *sort = _comparisons(request, "KeyConditionExpression")
    low, high = ({"S": ""}, {"S": None}) if not sort else sort[0][1]
    return pk["S"], (low["S"], high["S"])


def _filter(request: dict[str, Any]) -> dict[str, Any]:
    """The values that a request's filter wants, by attribute."""
    if "FilterExpression" not in request:
        return {}
    return {name: value for name, (value,) in _comparisons(request, "FilterExpression")}
