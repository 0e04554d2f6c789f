"""Capacity units that a call consumed: as the engine reports them, or estimated if it does not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from api.dynamodb.codec.item_size import READ_UNIT_BYTES, WireItem, item_size, write_units
from api.dynamodb.errors import ConditionFailed, DataLayerError
from api.dynamodb.metering.capacity import estimate_rcu, estimate_wcu


def consumed(operation: str, request: Mapping[str, Any], answer: Mapping[str, Any]) -> float:
    """RCU or WCU of a successful call, of the table and its indexes together.

    Params: `operation`, the request's name; `request` and `answer` in wire form. Without ConsumedCapacity in
    the response, the units are estimated from the items in request and response: one unit for an update or a
    delete without returned attributes.
    """
    reported = answer.get("ConsumedCapacity")
    if reported:
        entries = (reported,) if type(reported) is dict else reported
        return float(sum([entry.get("CapacityUnits", 0) for entry in entries]))
    return _estimated(operation, request, answer)


def refused(failure: DataLayerError, request: Mapping[str, Any]) -> float:
    """WCU of a write whose condition failed, 0 for other errors.

    AWS charges for the larger of the stored and the new item, but does not report it.
    """
    if not isinstance(failure, ConditionFailed):
        return 0.0
    return write_units(max(item_size(failure.item or {}), item_size(request.get("Item", {}))))


def _read_size(item: WireItem) -> int:
    """A number of bytes that costs as much to read as the item: its JSON is larger, and counted in no time."""
    size = len(orjson.dumps(item))
    return size if size <= READ_UNIT_BYTES else item_size(item)


def _estimated(operation: str, request: Mapping[str, Any], answer: Mapping[str, Any]) -> float:
    if operation == "GetItem":
        size = _read_size(answer.get("Item", {}))
        return estimate_rcu([size], operation="GetItem", consistent=request["ConsistentRead"]).total
    if operation == "Query":
        sizes = [item_size(item) for item in answer.get("Items", ())]
        consistent = request.get("ConsistentRead", False)
        return estimate_rcu(sizes, operation="Query", consistent=consistent).total
    if operation == "BatchGetItem":
        ((table, batch),) = request["RequestItems"].items()
        sizes = [_read_size(item) for item in answer.get("Responses", {}).get(table, ())]
        left = answer.get("UnprocessedKeys", {}).get(table, {}).get("Keys", ())
        missed = len(batch["Keys"]) - len(sizes) - len(left)
        consistent = batch["ConsistentRead"]
        return estimate_rcu([*sizes, *[0] * missed], operation="BatchGetItem", consistent=consistent).total
    if operation == "PutItem":
        return estimate_wcu(request["Item"]).total
    if operation == "BatchWriteItem":
        entries = [entry for writes in request["RequestItems"].values() for entry in writes]
        return sum(estimate_wcu(entry.get("PutRequest", {}).get("Item")).total for entry in entries)
    if operation == "TransactWriteItems":
        actions = [action for entry in request["TransactItems"] for action in entry.values()]
        return sum(estimate_wcu(action.get("Item"), transaction=True).total for action in actions)
    return float(write_units(item_size(answer.get("Attributes", {}))))
