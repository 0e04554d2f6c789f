"""RCU of a read whose engine does not report them: as the exact size of the item says, however it is found."""

from __future__ import annotations

from typing import Any

import pytest

from api.dynamodb.codec.item_size import item_size
from api.dynamodb.metering.capacity import estimate_rcu
from api.dynamodb.metering.consumption import consumed

KINDS: dict[str, Any] = {
    "text": lambda size: {"S": "x" * size},
    "korean": lambda size: {"S": "합" * (size // 3)},
    "binary": lambda size: {"B": "eHh4" * (size // 3)},
    "numbers": lambda size: {"L": [{"N": "1234567"}] * (size // 6)},
    "empty lists": lambda size: {"L": [{"L": []}] * (size // 4)},
}


@pytest.mark.parametrize("consistent", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_units_follow_from_the_exact_size(kind: str, consistent: bool) -> None:
    sizes = set()
    for size in range(3000, 9500, 150):
        item = {"PK": {"S": "PRB#1"}, "SK": {"S": "META"}, "v": KINDS[kind](size)}
        exact = item_size(item)
        sizes.add(exact > 4096)
        request: dict[str, Any] = {"ConsistentRead": consistent}
        expected = estimate_rcu([exact], operation="GetItem", consistent=consistent).total
        assert consumed("GetItem", request, {"Item": item}) == expected
        batch = {"RequestItems": {"t": {"Keys": [{}, {}], "ConsistentRead": consistent}}}
        both = {"Responses": {"t": [item, item]}}
        assert consumed("BatchGetItem", batch, both) == 2 * expected
    assert sizes == {False, True}
