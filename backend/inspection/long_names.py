"""Items with long names: the fields of an item and of its key, as Python or JSON values.

Fields that identify a person, and secrets, are left out unless they are asked for; hashes of tokens always are.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from api.dynamodb.codec.codec import Codec
from api.dynamodb.codec.item_size import WireItem, WireValue, value_size
from api.dynamodb.codec.items import CODECS
from api.dynamodb.codec.key_forms import entity_of, key_fields
from api.dynamodb.codec.large_text import is_external
from api.dynamodb.errors import Corrupt
from api.dynamodb.schema.entities import (
    DERIVATION_ATTRIBUTES,
    KEY_ATTRIBUTES,
    PART,
    PK,
    PROBLEM,
    TEXT_BYTES,
    TEXT_PARTS,
    TTL,
    USER,
)
from api.dynamodb.schema.entity import Entity, Field
from api.dynamodb.usage_limits import ledger

Parts = Mapping[str, list[Mapping[str, WireValue] | None]]

HIDDEN = "(hidden)"
# Never shown: whoever has one of them is signed in, or could be.
SECRETS = frozenset({"token_hash", "nonce"})
PERSONAL = frozenset({"email", "name", "picture", "google_id", "device", "address"})
# Entities whose `name` is not a person's.
_PUBLIC_NAMES = {"plan": {"name"}}
_DERIVED = {USER.name, PROBLEM.name}
_SHORT_WINDOW = re.compile(r"w\d+\.\d+")


class Unreadable(str):
    """What is shown in place of a value that cannot be read: the reason, or where a text is stored."""

    __slots__ = ()


def is_hidden(entity: str, name: str, *, personal: bool) -> bool:
    """Whether a field is left out; `personal` says that personal fields were asked for."""
    if name in SECRETS:
        return True
    return not personal and name in PERSONAL - _PUBLIC_NAMES.get(entity, set())


def shown_key(item: Mapping[str, WireValue], attribute: str = PK, *, personal: bool = False) -> str:
    """A partition key for people; what identifies a person or is secret in it is hidden."""
    text = str(item[attribute].get("S", item[attribute]))
    prefix, separator, _ = text.partition("#")
    hidden = {"NON": True, "EML": not personal, "GID": not personal, "ADR": not personal}
    return f"{prefix}{separator}{HIDDEN}" if hidden.get(prefix) else text


def long_named(item: WireItem, parts: Parts | None = None, *, personal: bool = False) -> dict[str, Any]:
    """The fields of an item and of its key by their long names, None for a field that it does not have.

    parts: the part items of external texts by short name; without them such a text is shown as what its item says of
    it. Undeclared attributes keep their names. A value that cannot be read is `Unreadable`.
    """
    entity = entity_of(item)
    if entity is None:
        return {name: _plain(value) for name, value in item.items() if name not in KEY_ATTRIBUTES}
    fields: dict[str, Any] = dict(key_fields(item)) | _decoded(entity, item, parts)
    if entity.name == "usage_day":
        fields |= _uses(item, fields)
    declared = {field.short for field in entity.fields} | {*KEY_ATTRIBUTES, TTL}
    if entity.name == "text_part" and PART in item:
        fields["part_bytes"] = value_size(item[PART])
        declared.add(PART)
    fields |= {name: _plain(value) for name, value in item.items() if name not in declared}
    if entity.name == "audit" and not personal:
        fields["changes"] = _without_personal(fields["changes"])
    return {
        name: value for name, value in fields.items() if not is_hidden(entity.name, name, personal=personal)
    }


def _without_personal(changes: Any) -> Any:
    """An audit entry's old and new values, without those of personal fields."""
    if not isinstance(changes, dict):
        return changes
    return {name: HIDDEN if name in PERSONAL else value for name, value in changes.items()}


def undeclared(entity: Entity, item: WireItem) -> list[str]:
    """The attributes of an item that its entity does not declare."""
    declared = {field.short for field in entity.fields} | {*KEY_ATTRIBUTES}
    if entity.expires:
        declared.add(TTL)
    if entity.name == "text_part":
        declared.add(PART)
    if entity.name in _DERIVED:
        declared.update(DERIVATION_ATTRIBUTES)
    return [
        name
        for name in item
        if name not in declared and not (entity.name == "usage_day" and _SHORT_WINDOW.fullmatch(name))
    ]


def _decoded(entity: Entity, item: WireItem, parts: Parts | None) -> dict[str, Any]:
    codec = CODECS[entity.name]
    try:
        record = codec.decode(item, parts)
    except Corrupt:
        record = {field.name: _decoded_field(codec, field, item, parts) for field in entity.fields}
    for field in codec.large:
        if field.name not in record:
            record[field.name] = _external(item[field.short])
    return record


def _decoded_field(codec: Codec, field: Field, item: WireItem, parts: Parts | None) -> Any:
    if field.short not in item:
        return None
    try:
        record = codec.decode({field.short: item[field.short]}, parts)
    except Corrupt as error:
        return Unreadable(f"unreadable: {error}")
    return record.get(field.name, _external(item[field.short]))


def _external(value: WireValue) -> Unreadable:
    """What an item says of a text that is stored in parts."""
    reference = value["M"] if is_external(value) else {}
    count = reference.get(TEXT_PARTS, {}).get("N", "?")
    size = reference.get(TEXT_BYTES, {}).get("N")
    return Unreadable(f"(in {count} parts{f', {int(size):,} bytes' if size else ''})")


def _uses(item: WireItem, fields: Mapping[str, Any]) -> dict[str, Any]:
    """The uses of a ledger as logs, and how many there are."""
    try:
        logs = ledger.logs(item, int(fields["user_id"]), str(fields["action"]))
        return {"uses": logs, "total": ledger.DayUsage.of(item).count}
    except (Corrupt, KeyError, ValueError):
        return {}


def _plain(value: WireValue) -> Any:
    """A value in wire form without its type."""
    ((kind, inner),) = value.items()
    if kind == "N":
        return int(inner) if inner.lstrip("-").isdecimal() else float(inner)
    if kind == "NULL":
        return None
    if kind == "L":
        return [_plain(element) for element in inner]
    if kind == "M":
        return {name: _plain(element) for name, element in inner.items()}
    return inner


def as_json_value(value: Any) -> Any:
    """A value that JSON has no type for: moments and days as ISO 8601, sets as sorted lists. Raises TypeError."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, set | frozenset):
        return sorted(value)
    raise TypeError(f"{type(value).__name__} has no form in JSON")
