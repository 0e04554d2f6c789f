"""Checks of arguments. Invalid ones raise `InvalidInput` before any call is made."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from api.dynamodb.codec.codec import Codec
from api.dynamodb.errors import InvalidInput
from api.dynamodb.schema.ids import MAX_ID


def check_id(name: str, value: Any) -> int:
    """Returns the id. Raises `InvalidInput` unless it is a whole number from 0 to 2**53 - 1."""
    if type(value) is not int or not 0 <= value <= MAX_ID:
        raise InvalidInput(f"{name} is {value!r}: give a whole number from 0 to {MAX_ID}")
    return value


def check_text(name: str, value: Any) -> str:
    """Returns the text. Raises `InvalidInput` for other types, and for text that UTF-8 cannot encode."""
    if not isinstance(value, str):
        raise InvalidInput(f"{name} must be text, not {type(value).__name__}")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise InvalidInput(f"{name} holds a lone surrogate, which UTF-8 cannot hold") from None
    return value


def check_moment(name: str, value: Any) -> datetime:
    """Returns the moment. Raises `InvalidInput` unless it is a datetime with a time zone."""
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise InvalidInput(f"{name} must be a datetime with a time zone")
    return value


def check_changes(codec: Codec, changes: Mapping[str, Any], fixed: Iterable[str]) -> None:
    """Raises `InvalidInput` for no changes, unknown fields, `fixed` fields, and required fields set to None."""
    if not changes:
        raise InvalidInput("nothing to change was given")
    codec.check_names(changes)
    for name in fixed:
        if name in changes:
            raise InvalidInput(f"{name} of a {codec.entity.name} cannot be changed")
    for name, value in changes.items():
        if value is None and codec.entity.field(name).required:
            raise InvalidInput(f"{name} of a {codec.entity.name} cannot be removed")
