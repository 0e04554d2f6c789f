"""Compiles an entity's small fields into Python functions without loops; `codec` handles the large ones.

For each entity, three functions are generated as source text, as `dataclasses` does, and compiled once. Each
field becomes one line or one branch, so that no type is looked up while an item is read or written. For a user:

    def decode_full(item):                  def encode(get, item):
        get = item.get                          complete = True
        return {                                v = get('email')
            'user_id': int(item['id']["N"]),    if type(v) is str and len(v) <= ...:
            'email': None if ... ,                  item['em'] = {"S": v}
            ...                                 elif v is not None:
        }                                           item['em'] = careful('email', v)
                                                ...
                                                return complete

`decode_full` reads required fields with `item[...]` and fails if one is missing; `decode` takes every field
as optional. `encode` writes the usual values itself and passes all others to `careful`, which checks them.
`CompiledCodec.source` has the whole text, and a traceback shows the line that failed.
"""

from __future__ import annotations

import linecache
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from api.dynamodb.codec.id_sets import unpack_ids
from api.dynamodb.codec.item_size import WireItem, WireValue, from_wire_binary
from api.dynamodb.codec.scalars import (
    EPOCH,
    FLOAT_END,
    FLOAT_START,
    MAX_TEXT_CHARACTERS,
    MICROSECOND,
    NUMBER_END,
    is_utf8,
)
from api.dynamodb.schema.entity import LARGE_KINDS, Entity, Field, Kind

# Seconds as a float are exact to the microsecond below this (2096): there, half the distance between
# two floats is under 0.25 microseconds. `fromtimestamp` is a fifth faster than adding a timedelta.
EXACT_MICROSECONDS = 4_000_000_000_000_000

# By kind: the expression that reads a value; {} is the attribute's.
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


class _Write(NamedTuple):
    """Two expressions over a value `v`: whether it is a usual one, and its attribute then."""

    condition: str
    attribute: str


_WRITE_INT = _Write(f"type(v) is int and {-NUMBER_END} < v < {NUMBER_END}", '{"N": str(v)}')
# Kinds that are not here always go to `careful`.
_WRITE: dict[Kind, _Write] = {
    Kind.INT: _WRITE_INT,
    Kind.EPOCH: _WRITE_INT,
    Kind.FLOAT: _Write(f"type(v) is float and {FLOAT_START!r} <= v < {FLOAT_END!r}", '{"N": repr(v)}'),
    Kind.BOOL: _Write("v is True or v is False", '{"BOOL": v}'),
    Kind.TEXT: _Write(
        f"type(v) is str and len(v) <= {MAX_TEXT_CHARACTERS} and (v.isascii() or is_utf8(v))", '{"S": v}'
    ),
    Kind.TIME: _Write(
        "type(v) is datetime and v.tzinfo is not None", '{"N": str((v - EPOCH) // MICROSECOND)}'
    ),
}
# The names that the generated functions use, `careful` besides.
_NAMES: dict[str, Any] = {
    "EPOCH": EPOCH,
    "MICROSECOND": MICROSECOND,
    "UTC": UTC,
    "datetime": datetime,
    "from_timestamp": datetime.fromtimestamp,
    "from_wire_binary": from_wire_binary,
    "is_utf8": is_utf8,
    "timedelta": timedelta,
    "unpack_ids": unpack_ids,
}


@dataclass(frozen=True)
class CompiledCodec:
    """The generated functions for an entity's small fields.

    decode_full(item): the fields; raises KeyError or TypeError if a required one is missing.
    decode(item): the fields, None for each missing one.
    encode(get, item): adds the fields that `get` returns to `item`; False if a required one is missing.
    source: the functions' text.

    Both decoders raise for an item that cannot be read.
    """

    decode_full: Callable[[Mapping[str, WireValue]], dict[str, Any]]
    decode: Callable[[Mapping[str, WireValue]], dict[str, Any]]
    encode: Callable[[Callable[[str], Any], WireItem], bool]
    source: str


def _decode_source(function: str, fields: list[Field], *, check_required: bool) -> list[str]:
    lines = [f"def {function}(item):", "    get = item.get", "    return {"]
    for field in fields:
        if check_required and field.required:
            value = _READ[field.kind].format(f"item[{field.short!r}]")
        else:
            value = f"None if (v := get({field.short!r})) is None else {_READ[field.kind].format('v')}"
        lines.append(f"        {field.name!r}: {value},")
    return [*lines, "    }"]


def _encode_source(fields: list[Field]) -> list[str]:
    lines = ["def encode(get, item):", "    complete = True"]
    for field in fields:
        target = f"item[{field.short!r}]"
        lines.append(f"    v = get({field.name!r})")
        keyword = "if"
        if field.kind in _WRITE:
            condition, attribute = _WRITE[field.kind]
            lines += [f"    if {condition}:", f"        {target} = {attribute}"]
            keyword = "elif"
        lines += [f"    {keyword} v is not None:", f"        {target} = careful({field.name!r}, v)"]
        if field.required:
            lines += ["    else:", "        complete = False"]
    return [*lines, "    return complete"]


def compile_entity(entity: Entity, careful: Callable[[str, Any], dict[str, Any]]) -> CompiledCodec:
    """Generates and compiles the functions for an entity's small fields.

    `careful(name, value)` returns the attribute of a value that is not a usual one, or raises.
    """
    small = [field for field in entity.fields if field.kind not in LARGE_KINDS]
    lines = [
        *_decode_source("decode_full", small, check_required=True),
        *_decode_source("decode", small, check_required=False),
        *_encode_source(small),
    ]
    source = "\n".join(lines) + "\n"
    file_name = f"<codec of {entity.name}>"
    linecache.cache[file_name] = (len(source), None, source.splitlines(keepends=True), file_name)
    namespace = {**_NAMES, "careful": careful}
    # The source consists of the declared entities and the templates above; nothing in it comes from outside.
    exec(compile(source, file_name, "exec"), namespace)  # noqa: S102
    return CompiledCodec(namespace["decode_full"], namespace["decode"], namespace["encode"], source)
