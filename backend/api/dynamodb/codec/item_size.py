"""Exact item sizes in bytes, and capacity units of a number of bytes; `metering.capacity` has those of requests.

Rules: AWS's developer guide, "DynamoDB item sizes and formats" and "DynamoDB read and write operations"; units are
those of on-demand and provisioned mode alike.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from typing import Any

STORAGE_OVERHEAD_BYTES = 100
READ_UNIT_BYTES = 4096

WireValue = Mapping[str, Any]
WireItem = dict[str, dict[str, Any]]


def text_size(text: str) -> int:
    """UTF-8 bytes of a text."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def number_size(text: str) -> int:
    """Bytes of a number in DynamoDB's notation: one, one for every pair of digits, one for a minus sign.

    Pairs are counted from the decimal point, from the first that is not 00 to the last one (so that
    1200 has one pair and 120 two); DynamoDB Local counts the same in every number tried.
    """
    if text.isdecimal() and text[0] != "0":
        return 1 + (len(text.rstrip("0")) + len(text) % 2 + 1) // 2
    negative = text.startswith("-")
    mantissa, _, exponent = text.lstrip("+-").upper().partition("E")
    integer, _, fraction = mantissa.partition(".")
    shift = int(exponent or 0)
    if shift > 0:
        fraction = fraction.ljust(shift, "0")
        integer, fraction = integer + fraction[:shift], fraction[shift:]
    elif shift < 0:
        integer = integer.rjust(-shift, "0")
        integer, fraction = integer[:shift], integer[shift:] + fraction
    digits = "0" * (len(integer) % 2) + integer + fraction + "0" * (len(fraction) % 2)
    end = len(digits.rstrip("0"))
    pairs = (end + 1) // 2 - (end - len(digits[:end].lstrip("0"))) // 2
    return 1 + pairs + (1 if negative else 0)


def _binary_size(value: str | bytes) -> int:
    """Bytes of a binary, given as bytes or in base64."""
    if isinstance(value, bytes):
        return len(value)
    return len(value) * 3 // 4 - value.count("=", -2) if value else 0


def value_size(value: WireValue) -> int:
    """Bytes of one attribute value in wire form, such as {"S": "text"}."""
    ((kind, inner),) = value.items()
    if kind == "S":
        return text_size(inner)
    if kind == "N":
        return number_size(inner)
    if kind in ("BOOL", "NULL"):
        return 1
    if kind == "B":
        return _binary_size(inner)
    if kind == "SS":
        return sum(map(text_size, inner))
    if kind == "NS":
        return sum(map(number_size, inner))
    if kind == "BS":
        return sum(map(_binary_size, inner))
    if kind == "L":
        return 3 + sum(1 + value_size(element) for element in inner)
    return 3 + sum(text_size(key) + 1 + value_size(element) for key, element in inner.items())


def item_size(item: Mapping[str, WireValue]) -> int:
    """Bytes of an item, names and values: the size that the 409,600 limit and capacity refer to."""
    total = 0
    for name, value in item.items():
        total += len(name) if name.isascii() else text_size(name)
        text = value.get("S")
        if text is not None:
            total += len(text) if text.isascii() else text_size(text)
        elif (number := value.get("N")) is not None:
            total += number_size(number)
        else:
            total += value_size(value)
    return total


def write_units(size: int, *, transaction: bool = False) -> int:
    """WCU of writing that many bytes to a table or an index: one per started KB, at least one; twice in a transaction.

    Params: `size` in bytes; `transaction` for the base table in a TransactWriteItems.
    """
    units = -(-size // 1024) or 1
    return 2 * units if transaction else units


def read_units(size: int, *, consistent: bool = False) -> float:
    """RCU of reading that many bytes: one per started 4 KB, at least one, half when eventually consistent.

    Params: `size` in bytes, 0 for an item that does not exist; `consistent` as in the request.
    """
    units = -(-size // READ_UNIT_BYTES) or 1
    return float(units) if consistent else units / 2


def projected_size(item: Mapping[str, WireValue], names: Iterable[str] | None) -> int:
    """Bytes of an item's image in an index that carries `names` (None: all attributes)."""
    if names is None:
        return item_size(item)
    return sum(text_size(name) + value_size(item[name]) for name in names if name in item)


def to_wire_binary(data: bytes) -> str:
    """Bytes in wire form: base64."""
    return base64.b64encode(data).decode("ascii")


def from_wire_binary(text: str) -> bytes:
    """The bytes of a base64 text. Raises ValueError."""
    return base64.b64decode(text, validate=True)


def is_same_item(left: Mapping[str, Any], right: Mapping[str, Any]) -> bool:
    """Whether two items are equal. An engine returns the members of a set in any order."""
    return _with_sets(left) == _with_sets(right)


def _with_sets(item: Mapping[str, Any]) -> dict[str, object]:
    return {name: frozenset(value["SS"]) if "SS" in value else value for name, value in item.items()}
