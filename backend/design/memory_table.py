"""A table in memory that records, for every call, the units that each partition key is charged.

It implements only what the typical calls of the repositories need. It checks the equalities of a condition
or filter and ignores other comparisons, and conditions with an OR but those of guards. A test compares the calls with
those that are made on moto.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any

from api.dynamodb.codec.item_size import WireItem, WireValue, item_size, projected_size
from api.dynamodb.errors import ConditionFailed, TransactionCancelled
from api.dynamodb.metering.capacity import estimate_rcu, estimate_wcu
from api.dynamodb.schema.entities import PK, SK
from api.dynamodb.schema.indexes import INDEXES
from api.dynamodb.table.write_actions import Key, key_of
from design.units import TABLE, Call, Touch

# The condition of a guard: it does not exist, or belongs to the writer.
_IF_IT_EXISTS = re.compile(r"\(attribute_not_exists\(#\w+\)\) OR \(#\w+ = :\w+\)")
_EQUALITY = re.compile(r"(?<!\S)\(?(#n\d+) = (:v\d+)")
_INDEXES = {index.name: index for index in INDEXES}


class MemoryTable:
    """Items by key, behind the interface of a transport (`api.dynamodb.transport.factory.DynamoDBTransport`).

    calls: the recorded calls, in order.
    """

    seconds = float("inf")

    def __init__(self, items: Mapping[Key, WireItem]) -> None:
        self._items = dict(items)
        self._touches: dict[tuple[str, str], list[float]] = {}
        self._operations: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
            "GetItem": self._get,
            "BatchGetItem": self._batch_get,
            "Query": self._query,
            "PutItem": lambda request: self._write(request, request["Item"]),
            "UpdateItem": lambda request: self._write(request, self._updated(request)),
            "DeleteItem": lambda request: self._write(request, None),
            "BatchWriteItem": self._batch_write,
            "TransactWriteItems": self._transact_write,
        }
        self.calls: list[Call] = []

    def send(self, operation: str, request: dict[str, Any]) -> tuple[Any, int]:
        """One operation in wire form: (response, 0). Raises `ConditionFailed`."""
        self._touches = defaultdict(lambda: [0.0, 0.0])
        try:
            return self._operations[operation](request), 0
        finally:
            touches = (Touch(resource, pk, *units) for (resource, pk), units in self._touches.items())
            self.calls.append(Call(operation, tuple(touches)))

    def _get(self, request: dict[str, Any]) -> dict[str, Any]:
        item = self._read(request["Key"], "GetItem", request["ConsistentRead"])
        return {"Item": item} if item else {}

    def _batch_get(self, request: dict[str, Any]) -> dict[str, Any]:
        ((name, entry),) = request["RequestItems"].items()
        items = [self._read(key, "BatchGetItem", entry["ConsistentRead"]) for key in entry["Keys"]]
        return {"Responses": {name: [item for item in items if item]}}

    def _read(self, key: WireItem, operation: Any, consistent: bool) -> WireItem | None:
        item = self._items.get(key_of(key))
        units = estimate_rcu([item_size(item or {})], operation=operation, consistent=consistent)
        self._touches[TABLE, key[PK]["S"]][0] += units.total
        return item

    def _query(self, request: dict[str, Any]) -> dict[str, Any]:
        index = _INDEXES.get(request.get("IndexName", ""))
        pk_name, sk_name = (index.pk, index.sk) if index else (PK, SK)
        pk, *limits = (request["ExpressionAttributeValues"].get(f":v{n}", {}).get("S") for n in range(3))
        items = [item for item in self._items.values() if item.get(pk_name) == {"S": pk}]
        if "BETWEEN" in request["KeyConditionExpression"]:
            low, high = limits
            items = [item for item in items if low <= item[sk_name]["S"] <= high]
        items.sort(key=lambda item: item[sk_name]["S"], reverse=not request["ScanIndexForward"])
        if "ExclusiveStartKey" in request:
            items = items[[key_of(item) for item in items].index(key_of(request["ExclusiveStartKey"])) + 1 :]
        limit = request.get("Limit", len(items) + 1)
        more, items = len(items) >= limit, items[:limit]
        names = index.carried() if index else None
        sizes = [projected_size(item, names) for item in items]
        consistent = request.get("ConsistentRead", False)
        units = estimate_rcu(sizes, operation="Query", consistent=consistent, index=index)
        self._touches[index.name if index else TABLE, str(pk)][0] += units.total
        matching = [item for item in items if _holds(item, request, "FilterExpression")]
        last_key = {name: items[-1][name] for name in (PK, SK, pk_name, sk_name)} if more else None
        return {"Items": matching, **({"LastEvaluatedKey": last_key} if last_key else {})}

    def _batch_write(self, request: dict[str, Any]) -> dict[str, Any]:
        for entry in (entry for entries in request["RequestItems"].values() for entry in entries):
            ((_, write),) = entry.items()
            self._write(write, write.get("Item"))
        return {}

    def _transact_write(self, request: dict[str, Any]) -> dict[str, Any]:
        before = dict(self._items)
        reasons: list[tuple[str, Mapping[str, Any] | None]] = []
        for action in request["TransactItems"]:
            ((kind, write),) = action.items()
            if kind == "ConditionCheck":
                new = self._items.get(key_of(write["Key"]))
            else:
                new = self._updated(write) if kind == "Update" else write.get("Item")
            try:
                self._write(write, new, transaction=True)
                reasons.append(("None", None))
            except ConditionFailed as refusal:
                reasons.append(("ConditionalCheckFailed", refusal.item))
        if any(code != "None" for code, _ in reasons):
            self._items = before
            raise TransactionCancelled("a condition does not hold", reasons=reasons)
        return {}

    def _write(
        self, request: dict[str, Any], new: WireItem | None, *, transaction: bool = False
    ) -> dict[str, Any]:
        """Replaces an item by `new`, or removes it.

        The units of an index are divided between the old and the new partition key if they differ.
        """
        key = key_of(request.get("Key") or request["Item"])
        old = self._items.get(key)
        refused = not _holds(old or {}, request, "ConditionExpression")
        units = estimate_wcu(new, old, transaction=transaction, indexes=() if refused else INDEXES)
        self._touches[TABLE, key[0]][1] += units.table
        if refused:
            raise ConditionFailed("the condition does not hold", item=old)
        for name, charged in units.indexes.items():
            pks = {item[_INDEXES[name].pk]["S"] for item in (old, new) if item and _INDEXES[name].pk in item}
            for pk in pks:
                self._touches[name, pk][1] += charged / len(pks)
        self._items.pop(key, None)
        if new is not None:
            self._items[key] = new
        return {"Attributes": new or old} if new or old else {}

    def _updated(self, request: dict[str, Any]) -> WireItem:
        """The item after an UpdateExpression, in the form that `table.expressions.Changes` writes."""
        new = dict(self._items.get(key_of(request["Key"]), request["Key"]))
        name = verb = ""
        for term in re.findall(r"[#:\w]+", request["UpdateExpression"]):
            if term.startswith("#"):
                name = request["ExpressionAttributeNames"][term]
                if verb == "REMOVE":
                    new.pop(name, None)
            elif term.startswith(":"):
                value = request["ExpressionAttributeValues"][term]
                new[name] = value if verb == "SET" else _combined(new.get(name), value, verb)
            else:
                verb = term
        return {name: value for name, value in new.items() if value.get("SS") != []}


def _combined(old: WireValue | None, value: dict[str, Any], verb: str) -> dict[str, Any]:
    """A number or a set of strings after ADD or DELETE."""
    ((kind, members),) = value.items()
    if kind == "N":
        return {"N": str(int(members) + int((old or {"N": "0"})["N"]))}
    stored = set((old or {kind: ()})[kind])
    return {kind: sorted(stored | set(members) if verb == "ADD" else stored - set(members))}


def _holds(item: WireItem, request: dict[str, Any], expression: str) -> bool:
    """Whether the equalities of a condition hold; one with an OR counts as true, unless it is a guard's."""
    text = request.get(expression, "")
    if " OR " in text and (not item or _IF_IT_EXISTS.fullmatch(text) is None):
        return True
    return all(
        item.get(request["ExpressionAttributeNames"][name]) == request["ExpressionAttributeValues"][value]
        for name, value in _EQUALITY.findall(text)
    )
