"""Sample items are checked before their table is created: types, keys and size."""

from __future__ import annotations

from decimal import Decimal

import pytest

from api.dynamodb.control_plane.declaration import IndexConfig, Key, TableConfig
from lifecycle.operations import CreateTable

BY_USER = IndexConfig("by-user", Key("user"), Key("at", "N"))
GOOD = {
    "id": "a",
    "user": "u",
    "at": 1,
    "price": Decimal("0.5"),
    "tags": {"x"},
    "none": None,
    "map": {"a": [1]},
}


def problems(*items: dict[str, object], env: str = "dev") -> list[str]:
    config = TableConfig("orders", Key("id"), indexes=(BY_USER,), sample_items=items)
    return CreateTable(config).problems(env)


def test_good_items_have_no_problem() -> None:
    assert problems(GOOD, {"id": "without the keys of the index"}) == []


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        (
            {"id": "a", "price": 0.5},
            "sample item 2 of dev-orders: price cannot be stored: Float types are not",
        ),
        ({"id": "a", "map": {"x": [0.5]}}, "map cannot be stored: Float types"),
        ({"id": "a", "thing": object()}, "thing cannot be stored: Unsupported type"),
        ({"user": "u"}, "its key id is missing"),
        ({"id": 1}, "its key id is of type N, not S"),
        ({"id": ""}, "its key id is empty"),
        ({"id": "x" * 3000}, "its key id is over 2,048 bytes long"),
        ({"id": "a", "user": 7}, "its key user is of type N, not S"),
        ({"id": "a", "at": "noon"}, "its key at is of type S, not N"),
        ({"id": "a", "text": "x" * 410_000}, "and an item has 409,600 at most"),
    ],
)
def test_what_dynamodb_would_refuse_is_told(item: dict[str, object], expected: str) -> None:
    (problem,) = problems(GOOD, item)
    assert expected in problem


def test_they_count_in_dev_alone() -> None:
    assert problems({"id": 0.5}, env="prod") == []
