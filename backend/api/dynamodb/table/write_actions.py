"""The writes that a transaction consists of, each with its condition, and their requests to DynamoDB."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from api.dynamodb.codec.item_size import WireItem
from api.dynamodb.schema.entities import PK, SK
from api.dynamodb.table.expressions import Changes, Condition, Placeholders

Key = tuple[str, str]


@dataclass(frozen=True)
class Put:
    """Writes a complete item, if the condition holds."""

    item: WireItem
    condition: Condition | None = None


@dataclass(frozen=True)
class Delete:
    """Removes an item, if the condition holds. A missing item is not an error."""

    key: Key
    condition: Condition | None = None


@dataclass(frozen=True)
class Update:
    """Changes an item, if the condition holds. A missing item is created."""

    key: Key
    changes: Changes
    condition: Condition | None = None


@dataclass(frozen=True)
class ConditionCheck:
    """Writes nothing, but the transaction fails unless the condition holds."""

    key: Key
    condition: Condition


WriteAction = Put | Delete | Update | ConditionCheck


def wire_key(key: Key) -> WireItem:
    """A key in DynamoDB's JSON form."""
    return {PK: {"S": key[0]}, SK: {"S": key[1]}}


def key_of(item: Mapping[str, Mapping[str, Any]]) -> Key:
    """The key of an item."""
    return item[PK]["S"], item[SK]["S"]


def _conditional(request: dict[str, Any], condition: Condition | None, p: Placeholders) -> dict[str, Any]:
    if condition is not None:
        request["ConditionExpression"] = condition(p)
        request["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
    return p.into(request)


def write_request(action: WriteAction) -> dict[str, Any]:
    """The parameters of a write, the same for a single write and for one of a transaction."""
    p = Placeholders()
    if isinstance(action, Put):
        return _conditional({"Item": action.item}, action.condition, p)
    request: dict[str, Any] = {"Key": wire_key(action.key)}
    if isinstance(action, Update):
        request["UpdateExpression"] = action.changes.expression(p)
    return _conditional(request, action.condition, p)


ACTION_NAMES = {Put: "Put", Delete: "Delete", Update: "Update", ConditionCheck: "ConditionCheck"}
