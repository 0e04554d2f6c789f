"""What an entity's declaration consists of: its fields, their kinds, and its key templates as text."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Kind(Enum):
    """How a field's value is stored; the text is for the documents."""

    INT = "N, whole number"
    FLOAT = "N, the float's shortest text"
    BOOL = "BOOL"
    TEXT = "S"
    LARGE_TEXT = "S, from 256 bytes compressed B where that is smaller, then parts"
    JSON = "JSON text, stored like large text"
    TIME = "N, microseconds since 1970 UTC"
    EPOCH = "N, seconds since 1970 UTC"
    TEXT_SET = "SS"
    ID_SET = "B, ascending whole numbers as differences of 8 bytes, compressed"


LARGE_KINDS = frozenset({Kind.LARGE_TEXT, Kind.JSON})


@dataclass(frozen=True)
class Field:
    """One field: its domain name, its attribute's short name, its kind."""

    name: str
    short: str
    kind: Kind
    required: bool = False


@dataclass(frozen=True)
class Entity:
    """One kind of item: its name, purpose, key templates as text, and fields."""

    name: str
    purpose: str
    pk: str
    sk: str
    fields: tuple[Field, ...]
    gsi1: tuple[str, str] | None = None
    gsi2: tuple[str, str] | None = None
    expires: bool = False

    def field(self, name: str) -> Field:
        """The field of that domain name. Raises KeyError."""
        for field in self.fields:
            if field.name == name:
                return field
        raise KeyError(name)

    def short(self, name: str) -> str:
        """The attribute name of the field of that domain name. Raises KeyError."""
        return self.field(name).short
