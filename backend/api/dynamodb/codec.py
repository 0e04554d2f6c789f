"""Turns the domain's records into items and back; compiled once per entity from its declaration.

The one encoder of every path: repositories and the move from MySQL call the same code,
so that a migrated item and a written one cannot differ.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from api.dynamodb import json_text
from api.dynamodb.entities import LARGE_KINDS, Entity, Field, Kind
from api.dynamodb.errors import Corrupt, InvalidInput, ItemTooLarge
from api.dynamodb.item_size import WireItem, WireValue
from api.dynamodb.large_text import check_utf8, is_external, pack, unpack_inline, unpack_parts

Record = dict[str, Any]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_MAX_NUMBER = 10**38
# Five plain texts of this length (of four bytes each) still fit an item; longer texts are declared as large.
MAX_TEXT_CHARACTERS = 16_000


def microseconds(moment: datetime) -> int:
    """Microseconds from 1970-01-01 UTC to an aware moment; negative before it."""
    return (moment - _EPOCH) // _MICROSECOND


def epoch_seconds(moment: datetime) -> int:
    """Whole seconds from 1970-01-01 UTC, rounded down: what a TTL attribute holds."""
    return (moment - _EPOCH) // timedelta(seconds=1)


def _encode_int(value: Any) -> dict[str, Any]:
    if type(value) is not int:
        raise InvalidInput(f"must be a whole number, not {type(value).__name__}")
    if not -_MAX_NUMBER < value < _MAX_NUMBER:
        raise InvalidInput("has more than the 38 digits that a DynamoDB number holds")
    return {"N": str(value)}


def _encode_float(value: Any) -> dict[str, Any]:
    if type(value) not in (int, float):
        raise InvalidInput(f"must be a number, not {type(value).__name__}")
    number = float(value)
    if not math.isfinite(number):
        raise InvalidInput(f"{number} cannot be stored as a DynamoDB number")
    if number == 0:
        return {"N": "0"}
    if not 1e-130 <= abs(number) < 1e126:
        raise InvalidInput(f"{number!r} is outside the range of a DynamoDB number (1e-130 to 1e126)")
    return {"N": repr(number)}


def _encode_bool(value: Any) -> dict[str, Any]:
    if value is not True and value is not False:
        raise InvalidInput(f"must be true or false, not {value!r}")
    return {"BOOL": value}


def _encode_text(value: Any) -> dict[str, Any]:
    if not isinstance(value, str):
        raise InvalidInput(f"must be text, not {type(value).__name__}")
    if len(value) > MAX_TEXT_CHARACTERS:
        raise ItemTooLarge(f"has {len(value):,} characters, at most {MAX_TEXT_CHARACTERS:,} fit its item")
    if not value.isascii():
        check_utf8(value)
    return {"S": value}


def _encode_time(value: Any) -> dict[str, Any]:
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise InvalidInput("must be a datetime with a time zone")
    return {"N": str((value - _EPOCH) // _MICROSECOND)}


def _encode_set(value: Any) -> dict[str, Any]:
    if not value or not all(isinstance(member, str) for member in value):
        raise InvalidInput("must be a set of texts that is not empty")
    for member in value:
        check_utf8(member)
    return {"SS": sorted(value)}


def _decode_time(value: WireValue) -> datetime:
    return _EPOCH + timedelta(microseconds=int(value["N"]))


def _number(value: WireValue) -> int:
    return int(value["N"])


_ENCODERS: dict[Kind, Callable[[Any], dict[str, Any]]] = {
    Kind.INT: _encode_int,
    Kind.EPOCH: _encode_int,
    Kind.FLOAT: _encode_float,
    Kind.BOOL: _encode_bool,
    Kind.TEXT: _encode_text,
    Kind.TIME: _encode_time,
    Kind.TEXT_SET: _encode_set,
}
_DECODERS: dict[Kind, Callable[[WireValue], Any]] = {
    Kind.INT: _number,
    Kind.EPOCH: _number,
    Kind.FLOAT: lambda value: float(value["N"]),
    Kind.BOOL: lambda value: bool(value["BOOL"]),
    Kind.TEXT: lambda value: str(value["S"]),
    Kind.TIME: _decode_time,
    Kind.TEXT_SET: lambda value: set(value["SS"]),
}


class Codec:
    """Encoder and decoder of one entity's attributes (keys are the business of `items`)."""

    def __init__(self, entity: Entity) -> None:
        self.entity = entity
        self._names = frozenset(field.name for field in entity.fields)
        self._required = tuple(field.name for field in entity.fields if field.required)
        self._small = tuple(
            (f.name, f.short, _ENCODERS[f.kind]) for f in entity.fields if f.kind not in LARGE_KINDS
        )
        self.large: tuple[Field, ...] = tuple(f for f in entity.fields if f.kind in LARGE_KINDS)
        self._decode_small = tuple(
            (f.name, f.short, _DECODERS[f.kind]) for f in entity.fields if f.kind not in LARGE_KINDS
        )

    def check_names(self, names: Iterable[str]) -> None:
        """Raises `InvalidInput` naming the first field that the entity does not have."""
        for name in names:
            if name not in self._names:
                known = ", ".join(sorted(self._names))
                raise InvalidInput(f"{self.entity.name} has no field {name!r}; it has {known}")

    def encode(
        self,
        record: Mapping[str, Any],
        *,
        owner: str = "",
        parts: list[WireItem] | None = None,
        expires_at: int | None = None,
    ) -> WireItem:
        """The attributes of a record, without keys; fields that are None or absent are left out.

        `owner` and `parts` serve the large texts (see `large_text.pack`). Raises `InvalidInput`
        naming the field.
        """
        item: WireItem = {}
        get = record.get
        for name, short, encode in self._small:
            value = get(name)
            if value is not None:
                try:
                    item[short] = encode(value)
                except InvalidInput as error:
                    raise type(error)(f"{name} {error}") from None
        for field in self.large:
            value = get(field.name)
            if value is not None:
                item[field.short] = self._encode_large(field, value, owner, parts, expires_at)
        for name in self._required:
            if get(name) is None:
                raise InvalidInput(f"{name} is missing")
        return item

    def encode_field(
        self,
        name: str,
        value: Any,
        *,
        owner: str = "",
        parts: list[WireItem] | None = None,
        expires_at: int | None = None,
    ) -> tuple[str, dict[str, Any]]:
        """(short name, attribute value) of one field that is not None."""
        field = self.entity.field(name)
        if field.kind in LARGE_KINDS:
            return field.short, self._encode_large(field, value, owner, parts, expires_at)
        try:
            return field.short, _ENCODERS[field.kind](value)
        except InvalidInput as error:
            raise type(error)(f"{name} {error}") from None

    @staticmethod
    def _encode_large(
        field: Field, value: Any, owner: str, parts: list[WireItem] | None, expires_at: int | None
    ) -> dict[str, Any]:
        try:
            text = json_text.dumps(value) if field.kind is Kind.JSON else value
            if not isinstance(text, str):
                raise InvalidInput(f"must be text, not {type(value).__name__}")
            return pack(owner, field.short, text, [] if parts is None else parts, expires_at)
        except InvalidInput as error:
            raise InvalidInput(f"{field.name} {error}") from None

    def decode(
        self,
        item: Mapping[str, WireValue],
        parts: Mapping[str, list[Mapping[str, WireValue] | None]] | None = None,
    ) -> Record:
        """The record of an item: every field of the entity, None where the attribute is absent.

        `parts` has, by short name, the part items of external texts; an external text whose parts
        are not given is left out of the record. Raises `Corrupt` for an item that cannot be read.
        """
        record: Record = {}
        get = item.get
        try:
            for name, short, decode in self._decode_small:
                value = get(short)
                record[name] = None if value is None else decode(value)
            for field in self.large:
                value = get(field.short)
                if value is None:
                    record[field.name] = None
                    continue
                if not is_external(value):
                    text = unpack_inline(value)
                elif parts is not None and field.short in parts:
                    text = unpack_parts(value, parts[field.short])
                else:
                    continue
                record[field.name] = json_text.loads(text) if field.kind is Kind.JSON else text
        except (KeyError, ValueError, TypeError, OverflowError) as error:
            raise Corrupt(f"a {self.entity.name} item cannot be read: {error}") from error
        return record
