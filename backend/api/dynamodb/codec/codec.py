"""Encodes the domain's records as items and decodes them; compiled once per entity from its declaration.

Repositories and the migration from MySQL use the same codec, so a migrated item cannot differ from one
that the service writes.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from api.dynamodb.codec import json_text
from api.dynamodb.codec.compiler import compile_entity
from api.dynamodb.codec.item_size import WireItem, WireValue
from api.dynamodb.codec.large_text import is_external, pack, unpack_inline, unpack_parts
from api.dynamodb.codec.scalars import ENCODERS, EPOCH, MICROSECOND
from api.dynamodb.errors import Corrupt, InvalidInput
from api.dynamodb.schema.entity import LARGE_KINDS, Entity, Field, Kind

Record = dict[str, Any]

# Raised when a value is not as declared.
_UNREADABLE = (KeyError, ValueError, TypeError, OverflowError, zlib.error, Corrupt)


def microseconds(moment: datetime) -> int:
    """Microseconds from 1970-01-01 UTC to an aware moment; negative before it."""
    return (moment - EPOCH) // MICROSECOND


def epoch_seconds(moment: datetime) -> int:
    """Whole seconds from 1970-01-01 UTC, rounded down, as a TTL attribute holds them."""
    return (moment - EPOCH) // timedelta(seconds=1)


class Codec:
    """Encoder and decoder of one entity's attributes; `items` adds the keys."""

    def __init__(self, entity: Entity) -> None:
        self.entity = entity
        self._fields = {field.name: field for field in entity.fields}
        self.large: tuple[Field, ...] = tuple(f for f in entity.fields if f.kind in LARGE_KINDS)
        self._large = tuple((f.name, f.short, f.kind is Kind.JSON) for f in self.large)
        self._encoders = {f.name: ENCODERS[f.kind] for f in entity.fields if f.kind not in LARGE_KINDS}
        self._small = compile_entity(entity, self._careful)

    def _careful(self, name: str, value: Any) -> dict[str, Any]:
        """Encodes the value of a small field, with every check. Raises `InvalidInput` naming the field."""
        try:
            return self._encoders[name](value)
        except InvalidInput as error:
            raise type(error)(f"{name} {error}") from None

    def check_names(self, names: Iterable[str]) -> None:
        """Raises `InvalidInput` naming the first field that the entity does not have."""
        for name in names:
            if name not in self._fields:
                fields = ", ".join(sorted(self._fields))
                raise InvalidInput(f"{self.entity.name} has no field {name!r}; it has {fields}")

    def encode(
        self,
        record: Mapping[str, Any],
        *,
        owner: str = "",
        parts: list[WireItem] | None = None,
        expires_at: int | None = None,
    ) -> WireItem:
        """The attributes of a record, without keys; fields that are None or absent are left out.

        `owner` and `parts` are for large texts (see `large_text.pack`). Raises `InvalidInput`
        naming the field.
        """
        item: WireItem = {}
        get = record.get
        complete = self._small.encode(get, item)
        for field in self.large:
            value = get(field.name)
            if value is not None:
                item[field.short] = self._encode_large(field, value, owner, parts, expires_at)
            elif field.required:
                complete = False
        if not complete:
            missing = next(
                field.name for field in self.entity.fields if field.required and get(field.name) is None
            )
            raise InvalidInput(f"{missing} is missing")
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
        field = self._fields[name]
        if field.kind in LARGE_KINDS:
            return field.short, self._encode_large(field, value, owner, parts, expires_at)
        return field.short, self._careful(name, value)

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

        `parts` maps short names to the part items of external texts; an external text without its parts is
        left out of the record. Raises `Corrupt` for an item that cannot be read.
        """
        record = self.decode_small(item)
        try:
            for name, short, is_json in self._large:
                value = item.get(short)
                if value is None:
                    record[name] = None
                    continue
                if not is_external(value):
                    text = unpack_inline(value)
                elif parts is not None and short in parts:
                    text = unpack_parts(value, parts[short])
                else:
                    continue
                record[name] = json_text.loads(text) if is_json else text
        except _UNREADABLE as error:
            raise self._corrupt(error) from error
        return record

    def decode_small(self, item: Mapping[str, WireValue]) -> Record:
        """The record of an item without its large texts. Raises `Corrupt` for an item that cannot be read."""
        try:
            return self._small.decode_full(item)
        except _UNREADABLE:
            pass  # a required field is missing, or a value cannot be read, for which the following raises
        try:
            return self._small.decode(item)
        except _UNREADABLE as error:
            raise self._corrupt(error) from error

    def _corrupt(self, error: Exception) -> Corrupt:
        return Corrupt(f"a {self.entity.name} item cannot be read: {error}")
