"""Encodes one small value as an attribute, with every check and its error message.

The compiled codec writes the usual values itself and calls these functions for all others.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from api.dynamodb.codec.id_sets import pack_ids
from api.dynamodb.codec.item_size import to_wire_binary
from api.dynamodb.codec.large_text import check_utf8
from api.dynamodb.errors import InvalidInput, ItemTooLarge
from api.dynamodb.schema.entity import Kind

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
# Exclusive bound of a whole number's magnitude: 38 digits.
NUMBER_END = 10**38
# A number's magnitude is at least FLOAT_START and below FLOAT_END, or it is zero.
FLOAT_START, FLOAT_END = 1e-130, 1e126
# Five plain texts of this length (of four bytes each) still fit an item; longer texts are declared as large.
MAX_TEXT_CHARACTERS = 16_000
# A set of ids leaves room for the rest of its item; new ids take 6 bytes each, so 60,000 fit.
MAX_ID_SET_BYTES = 360_000


def is_utf8(text: str) -> bool:
    """Whether UTF-8 can hold the text: it has no lone surrogate."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _int(value: Any) -> dict[str, Any]:
    if type(value) is not int:
        raise InvalidInput(f"must be a whole number, not {type(value).__name__}")
    if not -NUMBER_END < value < NUMBER_END:
        raise InvalidInput("has more than the 38 digits that a DynamoDB number holds")
    return {"N": str(value)}


def _float(value: Any) -> dict[str, Any]:
    if type(value) not in (int, float):
        raise InvalidInput(f"must be a number, not {type(value).__name__}")
    number = float(value)
    if not math.isfinite(number):
        raise InvalidInput(f"{number} cannot be stored as a DynamoDB number")
    if number == 0:
        return {"N": "0"}
    if not FLOAT_START <= abs(number) < FLOAT_END:
        raise InvalidInput(f"{number!r} is outside the range of a DynamoDB number (1e-130 to 1e126)")
    return {"N": repr(number)}


def _bool(value: Any) -> dict[str, Any]:
    if value is not True and value is not False:
        raise InvalidInput(f"must be true or false, not {value!r}")
    return {"BOOL": value}


def _text(value: Any) -> dict[str, Any]:
    if not isinstance(value, str):
        raise InvalidInput(f"must be text, not {type(value).__name__}")
    if len(value) > MAX_TEXT_CHARACTERS:
        raise ItemTooLarge(f"has {len(value):,} characters, at most {MAX_TEXT_CHARACTERS:,} fit its item")
    if not value.isascii():
        check_utf8(value)
    return {"S": value}


def _time(value: Any) -> dict[str, Any]:
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise InvalidInput("must be a datetime with a time zone")
    return {"N": str((value - EPOCH) // MICROSECOND)}


def _set(value: Any) -> dict[str, Any]:
    if not isinstance(value, set | frozenset) or not value or not all(isinstance(m, str) for m in value):
        raise InvalidInput("must be a set of texts that is not empty")
    for member in value:
        check_utf8(member)
    return {"SS": sorted(value)}


def _ids(value: Any) -> dict[str, Any]:
    if not isinstance(value, set | frozenset):
        raise InvalidInput(f"must be a set of ids, not {type(value).__name__}")
    packed = pack_ids(value)
    if len(packed) > MAX_ID_SET_BYTES:
        raise ItemTooLarge(f"has {len(packed):,} bytes, at most {MAX_ID_SET_BYTES:,} fit its item")
    return {"B": to_wire_binary(packed)}


# By kind: encodes a value that is not None. Raises `InvalidInput` without the field's name, which the caller adds.
ENCODERS: dict[Kind, Callable[[Any], dict[str, Any]]] = {
    Kind.INT: _int,
    Kind.EPOCH: _int,
    Kind.FLOAT: _float,
    Kind.BOOL: _bool,
    Kind.TEXT: _text,
    Kind.TIME: _time,
    Kind.TEXT_SET: _set,
    Kind.ID_SET: _ids,
}
