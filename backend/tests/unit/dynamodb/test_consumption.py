"""What engines leave out of their answers is estimated by the rules."""

from __future__ import annotations

from typing import Any

import pytest

from api.dynamodb.errors import ConditionFailed, Throttled
from api.dynamodb.metering.consumption import consumed, refused


def item(size: int, key: str = "a") -> dict[str, Any]:
    """An item of that many bytes."""
    return {"PK": {"S": key}, "SK": {"S": "b"}, "t": {"S": "x" * (size - 7)}}


GET_TWO = {"RequestItems": {"t": {"Keys": [{}, {}], "ConsistentRead": False}}}
CASES: list[tuple[str, dict[str, Any], dict[str, Any], float]] = [
    ("GetItem", {"ConsistentRead": False}, {"Item": item(4096)}, 0.5),
    ("GetItem", {"ConsistentRead": True}, {"Item": item(4097)}, 2),
    ("GetItem", {"ConsistentRead": False}, {}, 0.5),
    ("Query", {"ConsistentRead": True}, {"Items": [item(3000), item(3000)]}, 2),
    ("Query", {"IndexName": "GSI2"}, {"Items": []}, 0.5),
    ("BatchGetItem", GET_TWO, {"Responses": {"t": [item(5000)]}}, 1.5),
    ("BatchGetItem", GET_TWO, {"Responses": {"t": [item(5000)]}, "UnprocessedKeys": {"t": {"Keys": [{}]}}}, 1),
    ("PutItem", {"Item": item(1025)}, {}, 2),
    ("UpdateItem", {}, {"Attributes": item(2000)}, 2),
    ("DeleteItem", {}, {}, 1),
    (
        "BatchWriteItem",
        {"RequestItems": {"t": [{"PutRequest": {"Item": item(1500)}}, {"DeleteRequest": {"Key": {}}}]}}, {}, 3,
    ),
    ("TransactWriteItems", {"TransactItems": [{"Put": {"Item": item(1500)}}, {"Update": {"Key": {}}}]}, {}, 6),
]  # fmt: skip


@pytest.mark.parametrize(("operation", "request_", "answer", "units"), CASES)
def test_units_that_are_not_reported(
    operation: str, request_: dict[str, Any], answer: dict[str, Any], units: float
) -> None:
    assert consumed(operation, request_, answer) == units


@pytest.mark.parametrize("reported", [{"CapacityUnits": 7.5}, [{"CapacityUnits": 7}, {"CapacityUnits": 0.5}]])
def test_what_the_engine_says_counts(reported: Any) -> None:
    answer = {"Item": item(9000), "ConsumedCapacity": reported}
    assert consumed("GetItem", {"ConsistentRead": False}, answer) == 7.5


def test_a_refused_write_costs_the_larger_item() -> None:
    assert refused(ConditionFailed("no", item=item(2500)), {"Item": item(100)}) == 3
    assert refused(ConditionFailed("no", item=item(100)), {"Item": item(2500)}) == 3
    assert refused(ConditionFailed("no"), {"Key": {}}) == 1
    assert refused(Throttled("no"), {"Item": item(2500)}) == 0
