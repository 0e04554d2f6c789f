"""Sample items: encoded for a new table of `dev`, and checked before that table is created."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from boto3.dynamodb.types import TypeSerializer

from api.dynamodb.codec.item_size import item_size
from api.dynamodb.control_plane.declaration import TableConfig
from api.dynamodb.schema.templates import MAX_PARTITION_KEY_BYTES, MAX_SORT_KEY_BYTES
from lifecycle.online.table_sample import MISSING, key_fault

SAMPLE_ENV = "dev"
_MAX_BYTES = 409_600  # of an item
_KEY_LIMITS = (MAX_PARTITION_KEY_BYTES, MAX_SORT_KEY_BYTES)


def encode_item(item: Mapping[str, Any]) -> dict[str, Any]:
    """A sample item in wire form. Raises TypeError naming the attribute that cannot be stored."""
    encoded: dict[str, Any] = {}
    for name, value in item.items():
        try:
            encoded[name] = TypeSerializer().serialize(value)
        except Exception as error:
            raise TypeError(f"{name} cannot be stored: {error}") from error
    return encoded


def sample_problems(config: TableConfig, env: str) -> list[str]:
    """What DynamoDB would refuse in the sample items of a table for `env`, a line each. No call."""
    if env != SAMPLE_ENV:
        return []
    declared = config.for_env(env)
    problems = []
    for number, item in enumerate(declared.sample_items, start=1):
        sample = f"sample item {number} of {config.table_name(env)}"
        try:
            encoded = encode_item(item)
        except TypeError as error:
            problems.append(f"{sample}: {error}")
            continue
        problems += [f"{sample}: {problem}" for problem in _item_problems(encoded, declared)]
    return problems


def _item_problems(item: Mapping[str, Any], declared: TableConfig) -> list[str]:
    problems = []
    for keys, may_miss in [(declared.keys, False), *((index.keys, True) for index in declared.indexes)]:
        for key, limit in zip(keys, _KEY_LIMITS, strict=False):
            fault = key_fault(item.get(key.name), key, limit)
            if fault is not None and not (may_miss and fault == MISSING):
                problems.append(f"its key {key.name} is {fault}")
    size = item_size(item)
    if size > _MAX_BYTES:
        problems.append(f"it has {size:,} bytes, and an item has {_MAX_BYTES:,} at most")
    return list(dict.fromkeys(problems))
