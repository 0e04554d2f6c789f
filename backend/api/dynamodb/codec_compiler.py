"""Compiles an entity's declaration into straight-line code for its small fields; `codec` does the rest.

Three functions without a loop or a table of types are generated as source, in the way of
`dataclasses`, and compiled once per entity. Reading a run's summary becomes

    return {
        'history_id': int(item['id']["N"]),
        'user_id': None if (v := get('uid')) is None else int(v["N"]),
        ...

`Compiled.source` has the whole text, and a traceback shows the line that failed.
"""

from __future__ import annotations

import linecache
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from api.dynamodb.entities import LARGE_KINDS, Entity, Field, Kind
from api.dynamodb.id_sets import unpack_ids
from api.dynamodb.item_size import WireItem, WireValue, from_wire_binary
from api.dynamodb.scalars import (
    EPOCH,
    FLOAT_END,
    FLOAT_START,
    MAX_TEXT_CHARACTERS,
    MICROSECOND,
    NUMBER_END,
    is_utf8,
)

# Seconds as a float are exact to the microsecond below this (2096): there, half the distance between
# two floats is under 0.25 microseconds. `fromtimestamp` is a fifth faster than adding a timedelta.
EXACT_MICROSECONDS = 4_000_000_000_000_000

# How a value is read out of an attribute; {} is the attribute.
_READ: dict[Kind, str] = {
    Kind.INT: 'int({}["N"])',
    Kind.EPOCH: 'int({}["N"])',
    Kind.FLOAT: 'float({}["N"])',
    Kind.BOOL: 'bool({}["BOOL"])',
    Kind.TEXT: 'str({}["S"])',
    Kind.TIME: (
        'from_timestamp(n / 1000000, UTC) if 0 <= (n := int({}["N"])) < '
        f"{EXACT_MICROSECONDS} else EPOCH + timedelta(0, 0, n)"
    ),
    Kind.TEXT_SET: 'set({}["SS"])',
    Kind.ID_SET: 'unpack_ids(from_wire_binary({}["B"]))',
}
# Which values v are ordinary, and how those are written; all others go to `careful`.
_WHOLE = (f"type(v) is int and {-NUMBER_END} < v < {NUMBER_END}", '{"N": str(v)}')
_WRITE: dict[Kind, tuple[str, str]] = {
    Kind.INT: _WHOLE,
    Kind.EPOCH: _WHOLE,
    Kind.FLOAT: (f"type(v) is float and {FLOAT_START!r} <= v < {FLOAT_END!r}", '{"N": repr(v)}'),
    Kind.BOOL: ("v is True or v is False", '{"BOOL": v}'),
    Kind.TEXT: (
        f"type(v) is str and len(v) <= {MAX_TEXT_CHARACTERS} and (v.isascii() or is_utf8(v))",
        '{"S": v}',
    ),
    Kind.TIME: ("type(v) is datetime and v.tzinfo is not None", '{"N": str((v - EPOCH) // MICROSECOND)}'),
}


@dataclass(frozen=True)
class Compiled:
    """An entity's generated functions; `source` is their text."""

    # The small fields of an item. `decode_full` raises KeyError or TypeError where a required one is
    # absent, `decode` takes any field as None then; both raise for an item that cannot be read.
    decode_full: Callable[[Mapping[str, WireValue]], dict[str, Any]]
    decode: Callable[[Mapping[str, WireValue]], dict[str, Any]]
    # Adds the small fields that `get` finds to an item, and says whether every required one was found.
    encode: Callable[[Callable[[str], Any], WireItem], bool]
    source: str


def _decode_lines(name: str, fields: list[Field], *, direct: bool) -> list[str]:
    lines = [f"def {name}(item):", "    get = item.get", "    return {"]
    for field in fields:
        read = _READ[field.kind]
        if direct and field.required:
            value = read.format(f"item[{field.short!r}]")
        else:
            value = f"None if (v := get({field.short!r})) is None else {read.format('v')}"
        lines.append(f"        {field.name!r}: {value},")
    return [*lines, "    }"]


def _encode_lines(fields: list[Field]) -> list[str]:
    lines = ["def encode(get, item):", "    complete = True"]
    for field in fields:
        careful = f"        item[{field.short!r}] = careful({field.name!r}, v)"
        lines.append(f"    v = get({field.name!r})")
        if field.kind in _WRITE:
            ordinary, value = _WRITE[field.kind]
            lines += [f"    if {ordinary}:", f"        item[{field.short!r}] = {value}"]
            lines += ["    elif v is not None:", careful]
        else:
            lines += ["    if v is not None:", careful]
        if field.required:
            lines += ["    else:", "        complete = False"]
    return [*lines, "    return complete"]


def compile_entity(entity: Entity, careful: Callable[[str, Any], dict[str, Any]]) -> Compiled:
    """The functions of an entity's small fields.

    `careful(name, value)` gives the attribute of a value that is not ordinary, or raises.
    """
    small = [field for field in entity.fields if field.kind not in LARGE_KINDS]
    lines = [
        *_decode_lines("decode_full", small, direct=True),
        *_decode_lines("decode", small, direct=False),
        *_encode_lines(small),
    ]
    source = "\n".join(lines) + "\n"
    where = f"<codec of {entity.name}>"
    linecache.cache[where] = (len(source), None, source.splitlines(keepends=True), where)
    names: dict[str, Any] = {
        "EPOCH": EPOCH,
        "MICROSECOND": MICROSECOND,
        "UTC": UTC,
        "careful": careful,
        "datetime": datetime,
        "from_timestamp": datetime.fromtimestamp,
        "from_wire_binary": from_wire_binary,
        "is_utf8": is_utf8,
        "timedelta": timedelta,
        "unpack_ids": unpack_ids,
    }
    # The source is made of the declared entities and the templates above, of nothing that comes from outside.
    exec(compile(source, where, "exec"), names)  # noqa: S102
    return Compiled(names["decode_full"], names["decode"], names["encode"], source)
