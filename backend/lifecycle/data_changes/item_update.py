"""Applies the function of a data change to one item and makes the guarded update; makes no call.

The update's condition covers the attributes that change and those that the function read, present or missing, so it
is refused when the service has written any of them since.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from boto3.dynamodb.types import DYNAMODB_CONTEXT, Binary, TypeSerializer

from api.dynamodb.control_plane.declaration import TableConfig
from api.dynamodb.transport.boto3_transport import from_boto3
from lifecycle.data_changes.item_view import ItemView
from lifecycle.errors import BadInput
from reporting.text import shorten

Item = dict[str, Any]
Transform = Callable[[Item], Item | None]
_MAX_KEY_TEXT = 200


def _binary(text: str) -> Binary:
    return Binary(b64decode(text))


_number = DYNAMODB_CONTEXT.create_decimal
_DECODERS: dict[str, Callable[[Any], Any]] = {
    "S": lambda text: text,
    "N": _number,
    "BOOL": lambda value: value,
    "NULL": lambda value: None,
    "B": _binary,
    "L": lambda values: [decode_value(value) for value in values],
    "M": lambda values: {name: decode_value(value) for name, value in values.items()},
    "SS": set,
    "NS": lambda texts: set(map(_number, texts)),
    "BS": lambda texts: set(map(_binary, texts)),
}


def decode_value(value: Mapping[str, Any]) -> Any:
    """A value in wire form as boto3's resource layer has it: numbers are Decimal, binaries Binary."""
    ((kind, content),) = value.items()
    return _DECODERS[kind](content)


def encode_value(value: Any) -> Any:
    """A value of boto3's resource layer in wire form. Raises TypeError for one that cannot be stored."""
    return from_boto3(TypeSerializer().serialize(value))


def key_text(key: Mapping[str, Any]) -> str:
    """An item's key in wire form for people, such as `id=a, at=7`."""
    return shorten(
        ", ".join(f"{name}={next(iter(value.values()))}" for name, value in key.items()), _MAX_KEY_TEXT
    )


@dataclass(frozen=True)
class ItemUpdate:
    """What the function makes of an item, and the UpdateItem request for it, without the table's name.

    `before` and `after` are whole items in the format of boto3's resource layer; `changed` names what differs.
    """

    key: Item
    before: Item
    after: Item
    changed: tuple[str, ...]
    request: dict[str, Any]


@dataclass(frozen=True)
class ItemTransform:
    """A named function for the items of a table; call it with an item in wire form."""

    name: str
    function: Transform
    config: TableConfig
    table_name: str

    def key_of(self, item: Item) -> Item:
        """The item's primary key."""
        return {key.name: item[key.name] for key in self.config.keys}

    def __call__(self, item: Item) -> ItemUpdate | None:
        """The update for an item, None if the function leaves it alone.

        Raises `BadInput` naming the item when the function fails, returns something that cannot be stored, changes a
        key, or does not leave alone what it has changed.
        """
        key, before = self.key_of(item), {name: decode_value(value) for name, value in item.items()}
        view = ItemView({name: decode_value(value) for name, value in item.items()})
        result = self._apply(view, key)
        reads = frozenset(view.reads)
        if result is None or not (changed := _changed_names(before, result)):
            return None
        after = dict(result)
        repeated = self._apply(ItemView(after), key)
        if repeated is not None and _changed_names(after, repeated):
            raise BadInput(
                f"{self.name}: the function changes the item {key_text(key)} of {self.table_name} again each time",
                hint="make it leave items alone that it has changed already",
            )
        if changed_keys := sorted(changed & key.keys()):
            raise BadInput(
                f"{self.name}: the function changes the key {', '.join(changed_keys)} of {self.table_name}, of the "
                f"item {key_text(key)}",
                hint="a key cannot be changed: put a new item and delete the old one",
            )
        try:
            request = _request(key, item, after, changed, reads)
        except Exception as error:
            raise self._failure(key, error) from error
        return ItemUpdate(key, before, after, tuple(sorted(changed)), request)

    def _apply(self, view: ItemView, key: Item) -> Item | None:
        try:
            result = self.function(view)
        except Exception as error:
            raise self._failure(key, error) from error
        if result is not None and not isinstance(result, dict):
            raise BadInput(
                f"{self.name}: the function returns {type(result).__name__} for the item {key_text(key)} of "
                f"{self.table_name}",
                hint="return the changed item, or None to leave it",
            )
        return result

    def _failure(self, key: Item, error: Exception) -> BadInput:
        return BadInput(
            f"{self.name}: the function fails on the item {key_text(key)} of {self.table_name}: "
            f"{type(error).__name__}: {error}"
        )


def _request(
    key: Item, stored: Item, after: Item, changed: set[str], reads: frozenset[str]
) -> dict[str, Any]:
    """The UpdateItem request for an item that is `stored` in wire form; a refused one returns the stored item."""
    names, values = {"#key": next(iter(key))}, {}
    conditions, sets, removes = ["attribute_exists(#key)"], [], []
    for number, name in enumerate(sorted((changed | reads) - key.keys())):
        names[f"#a{number}"] = name
        if name in stored:
            values[f":old{number}"] = stored[name]
            conditions.append(f"#a{number} = :old{number}")
        else:
            conditions.append(f"attribute_not_exists(#a{number})")
        if name not in changed:
            continue
        if name in after:
            values[f":new{number}"] = encode_value(after[name])
            sets.append(f"#a{number} = :new{number}")
        else:
            removes.append(f"#a{number}")
    parts = [f"SET {', '.join(sets)}"] if sets else []
    parts += [f"REMOVE {', '.join(removes)}"] if removes else []
    request: dict[str, Any] = {
        "Key": key,
        "UpdateExpression": " ".join(parts),
        "ConditionExpression": " AND ".join(conditions),
        "ExpressionAttributeNames": names,
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }
    if values:
        request["ExpressionAttributeValues"] = values
    return request


def _changed_names(before: Mapping[str, Any], after: Mapping[str, Any]) -> set[str]:
    return {
        name
        for name in {*before, *after}
        if (name in before) != (name in after) or not _is_same(before.get(name), after.get(name))
    }


def _is_same(first: Any, second: Any) -> bool:
    """Whether two values are stored alike. Python's `True == 1` are a BOOL and a number."""
    if isinstance(first, bool) or isinstance(second, bool):
        return first is second
    if isinstance(first, dict) and isinstance(second, dict):
        return first.keys() == second.keys() and all(_is_same(first[name], second[name]) for name in first)
    if isinstance(first, list) and isinstance(second, list):
        return len(first) == len(second) and all(map(_is_same, first, second))
    return bool(first == second)
