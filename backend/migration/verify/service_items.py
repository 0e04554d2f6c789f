"""Checks items that only the running service writes: they have no source, but a reader must be able to read them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from api.dynamodb.schema.entities import ENTITIES, PK, SK
from api.dynamodb.schema.entity import Kind
from migration.verify.item_kinds import SERVICE_KINDS

_NUMBER, _STRING, _BYTES = frozenset({"N"}), frozenset({"S"}), frozenset({"B"})
# The types of attribute values in which the service stores each kind of field.
_TYPES: Mapping[Kind, frozenset[str]] = {
    Kind.INT: _NUMBER, Kind.FLOAT: _NUMBER, Kind.TIME: _NUMBER, Kind.EPOCH: _NUMBER,
    Kind.TEXT: _STRING, Kind.LARGE_TEXT: _STRING | _BYTES, Kind.JSON: _STRING | _BYTES,
    Kind.BOOL: frozenset({"BOOL"}), Kind.TEXT_SET: frozenset({"SS"}), Kind.ID_SET: _BYTES,
}  # fmt: skip


class _Attributes(NamedTuple):
    required: frozenset[str]
    types: Mapping[str, frozenset[str]]


def _attributes() -> Iterator[tuple[str, _Attributes]]:
    for entity in ENTITIES:
        if entity.name in SERVICE_KINDS:
            required = frozenset({PK, SK, *(field.short for field in entity.fields if field.required)})
            types = {field.short: _TYPES[field.kind] for field in entity.fields}
            yield entity.name, _Attributes(required, {PK: _STRING, SK: _STRING, **types})


_ATTRIBUTES = dict(_attributes())


def is_readable(kind: str, item: Mapping[str, Any]) -> bool:
    """Whether an item of a service's kind has its required attributes, no undeclared ones, and their types."""
    required, types = _ATTRIBUTES[kind]
    return required <= item.keys() <= types.keys() and all(
        len(value) == 1 and value.keys() <= types[name] for name, value in item.items()
    )
