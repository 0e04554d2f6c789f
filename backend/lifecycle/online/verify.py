"""Proves an index against its table: a sample of entries by content, and the counts where both were read whole.

An index follows its table a moment later, and the table may be written meanwhile: what differs is looked at
again before it counts.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from lifecycle.declaration import IndexConfig
from lifecycle.online.calls import ask
from lifecycle.online.state import TableNow
from lifecycle.online.survey import Item, carried, faults_of, plain

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient as BotoClient

COMPARED = 200
_AGAIN = 6
_PAUSE = 0.5
_SHOWN = 5
_MAX_PAGES = 20


@dataclass
class Verification:
    """What was compared and what differs, a line each; `in_table` and `in_index` are None where not counted."""

    compared: int = 0
    in_table: int | None = None
    in_index: int | None = None
    differences: list[str] = field(default_factory=list)

    @property
    def agrees(self) -> bool:
        """Whether nothing differs."""
        return not self.differences


def verify(
    client: BotoClient,
    table: TableNow,
    index: IndexConfig,
    eligible: list[Item],
    *,
    counts: bool,
    sleep: Callable[[float], None] = time.sleep,
) -> Verification:
    """Looks `eligible` items of the table up in the index, and entries of the index up in the table.

    With `counts` both are read whole and counted too. A sample costs one Query each way per item; counting
    reads everything at half a RCU per 4 KB.
    """
    found = Verification()
    entries = ask(client, "Scan", table.name, IndexName=index.name, Limit=max(1, len(eligible)))["Items"]
    pairs = [(item, "the table has it, the index does not") for item in eligible]
    pairs += [(entry, "the index has it, the table does not") for entry in entries]
    for item, _ in pairs:
        found.compared += 1
        wrong = _compare(client, table, index, item, sleep)
        if wrong is not None and len(found.differences) < _SHOWN:
            place = ", ".join(f"{key.name} {plain(item[key.name])}" for key in table.keys)
            found.differences.append(f"{place}: {wrong}")
    if counts:
        _count(client, table, index, found, sleep)
    return found


def _compare(
    client: BotoClient, table: TableNow, index: IndexConfig, item: Item, sleep: Callable[[float], None]
) -> str | None:
    """What is wrong with an item's entry, seen several times; None when both sides come to agree."""
    wrong: str | None = None
    for attempt in range(_AGAIN):
        if attempt:
            sleep(_PAUSE)
        wrong = _look(client, table, index, item)
        if wrong is None:
            return None
    return wrong


def _look(client: BotoClient, table: TableNow, index: IndexConfig, item: Item) -> str | None:
    key = {part.name: item[part.name] for part in table.keys}
    stored = _stored(client, table, key)
    if stored is None or faults_of(stored, index):
        gone = _entry(client, table, index, item)
        return None if gone is None else "the index has it, the table does not"
    names = carried(table, index)
    wanted = stored if names is None else {name: stored[name] for name in names if name in stored}
    entry = _entry(client, table, index, stored)
    if entry is None:
        return "the table has it, the index does not"
    if entry == wanted:
        return None
    differing = sorted(name for name in {*entry, *wanted} if entry.get(name) != wanted.get(name))
    return f"differs in {', '.join(differing)}"


def _stored(client: BotoClient, table: TableNow, key: Item) -> Item | None:
    answer = ask(client, "GetItem", table.name, Key=dict(key), ConsistentRead=True)
    found: Item | None = answer.get("Item")
    return found


def _entry(client: BotoClient, table: TableNow, index: IndexConfig, item: Item) -> Item | None:
    """The entry of an item in the index, None if there is none where it belongs."""
    names = {f"#k{n}": key.name for n, key in enumerate(index.keys)}
    values = {f":k{n}": item[key.name] for n, key in enumerate(index.keys)}
    condition = " AND ".join(f"#k{n} = :k{n}" for n in range(len(index.keys)))
    request: dict[str, Any] = {
        "IndexName": index.name,
        "KeyConditionExpression": condition,
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": values,
    }
    for _ in range(_MAX_PAGES):
        page = ask(client, "Query", table.name, **request)
        for entry in page["Items"]:
            if all(entry[key.name] == item[key.name] for key in table.keys):
                found: Item = entry
                return found
        if not page.get("LastEvaluatedKey"):
            return None
        request["ExclusiveStartKey"] = page["LastEvaluatedKey"]
    return None


def _count(
    client: BotoClient,
    table: TableNow,
    index: IndexConfig,
    found: Verification,
    sleep: Callable[[float], None],
) -> None:
    for attempt in range(_AGAIN):
        if attempt:
            sleep(_PAUSE)
        before = _count_eligible(client, table, index)
        found.in_index = _count_entries(client, table, index)
        found.in_table = _count_eligible(client, table, index)
        if min(before, found.in_table) <= found.in_index <= max(before, found.in_table):
            return
    found.differences.append(
        f"{found.in_table:,} items of the table belong into the index, which has {found.in_index:,}"
    )


def _count_eligible(client: BotoClient, table: TableNow, index: IndexConfig) -> int:
    names = {f"#k{n}": key.name for n, key in enumerate(index.keys)}
    how: dict[str, Any] = {
        "ConsistentRead": True,
        "ProjectionExpression": ", ".join(names),
        "ExpressionAttributeNames": names,
    }
    total = 0
    while True:
        page = ask(client, "Scan", table.name, **how)
        total += sum(not faults_of(item, index) for item in page["Items"])
        if not page.get("LastEvaluatedKey"):
            return total
        how["ExclusiveStartKey"] = page["LastEvaluatedKey"]


def _count_entries(client: BotoClient, table: TableNow, index: IndexConfig) -> int:
    how: dict[str, Any] = {"IndexName": index.name, "Select": "COUNT"}
    total = 0
    while True:
        page = ask(client, "Scan", table.name, **how)
        total += int(page["Count"])
        if not page.get("LastEvaluatedKey"):
            return total
        how["ExclusiveStartKey"] = page["LastEvaluatedKey"]
