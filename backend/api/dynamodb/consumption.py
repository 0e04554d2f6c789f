"""What a call consumed: as the engine says, and by the rules where it says nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from api.dynamodb.capacity import estimate_rcu, estimate_wcu
from api.dynamodb.errors import ConditionFailed, DataLayerError
from api.dynamodb.item_size import item_size, write_units


def consumed(operation: str, request: Mapping[str, Any], answer: Mapping[str, Any]) -> float:
    """RCU or WCU of an answered call, of the table and its indexes together.

    Params: `operation`, the request's name; `request` and `answer` in wire form. Engines that leave
    ConsumedCapacity out get the estimate from the items that travelled: for an update or a delete without
    returned attributes, one unit.
    """
    reported = answer.get("ConsumedCapacity")
    if reported:
        entries = (reported,) if isinstance(reported, Mapping) else reported
        return float(sum(entry.get("CapacityUnits", 0) for entry in entries))
    return _estimated(operation, request, answer)


def refused(failure: DataLayerError, request: Mapping[str, Any]) -> float:
    """WCU of a write that its condition refused: it is charged for the larger of the item that is there and
    the one that was to be put, but AWS does not tell it. 0 for other failures.
    """
    if not isinstance(failure, ConditionFailed):
        return 0.0
    return write_units(max(item_size(failure.item or {}), item_size(request.get("Item", {}))))


def _estimated(operation: str, request: Mapping[str, Any], answer: Mapping[str, Any]) -> float:
    if operation == "GetItem":
        size = item_size(answer.get("Item", {}))
        return estimate_rcu([size], operation="GetItem", consistent=request["ConsistentRead"]).total
    if operation == "Query":
        sizes = [item_size(item) for item in answer.get("Items", ())]
        consistent = request.get("ConsistentRead", False)
        return estimate_rcu(sizes, operation="Query", consistent=consistent).total
    if operation == "BatchGetItem":
        ((table, asked),) = request["RequestItems"].items()
        sizes = [item_size(item) for item in answer.get("Responses", {}).get(table, ())]
        left = answer.get("UnprocessedKeys", {}).get(table, {}).get("Keys", ())
        missed = len(asked["Keys"]) - len(sizes) - len(left)
        consistent = asked["ConsistentRead"]
        return estimate_rcu([*sizes, *[0] * missed], operation="BatchGetItem", consistent=consistent).total
    if operation == "PutItem":
        return estimate_wcu(request["Item"]).total
    if operation == "BatchWriteItem":
        entries = [entry for some in request["RequestItems"].values() for entry in some]
        return sum(estimate_wcu(entry.get("PutRequest", {}).get("Item")).total for entry in entries)
    if operation == "TransactWriteItems":
        actions = [action for one in request["TransactItems"] for action in one.values()]
        return sum(estimate_wcu(action.get("Item"), transaction=True).total for action in actions)
    return float(write_units(item_size(answer.get("Attributes", {}))))
