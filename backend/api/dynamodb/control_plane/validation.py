"""Rules of DynamoDB that a declaration can break, checked before anything is sent."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from api.dynamodb.control_plane.declaration import IndexConfig, Key, TableConfig
from api.dynamodb.control_plane.description import TableDescription
from api.dynamodb.control_plane.errors import LimitReached, TableChangeError

_NAME = re.compile(r"[A-Za-z0-9_.-]{3,255}")
_NAME_RULE = "3 to 255 of the characters a-z, A-Z, 0-9, '_', '-' and '.'"
MAX_INDEXES = 20
MAX_PROJECTED_ATTRIBUTES = 100


def declaration_problems(config: TableConfig, env: str) -> list[str]:
    """What DynamoDB would refuse in the declaration of a table for `env`, a line each. No call."""
    name, declared = config.table_name(env), config.for_env(env)
    problems = []
    if not _NAME.fullmatch(name):
        problems.append(f"{name!r} cannot be a table's name: {_NAME_RULE}")
    types: dict[str, str] = {}
    for key in declared.keys:
        types.setdefault(key.name, key.type)
    for index in declared.indexes:
        problems += _index_problems(name, declared.keys, types, index)
        types |= {key.name: key.type for key in index.keys if key.name not in types}
    names = [index.name for index in declared.indexes]
    duplicates = sorted({index_name for index_name in names if names.count(index_name) > 1})
    problems += [f"{name} declares {index_name} twice" for index_name in duplicates]
    if len(names) > MAX_INDEXES:
        problems.append(f"{name} declares {len(names)} indexes, DynamoDB allows {MAX_INDEXES}")
    projected = sum(
        len(index.projection) for index in declared.indexes if isinstance(index.projection, tuple)
    )
    if projected > MAX_PROJECTED_ATTRIBUTES:
        problems.append(
            f"the indexes of {name} carry more than {MAX_PROJECTED_ATTRIBUTES} attributes by name"
        )
    if declared.billing is not None and min(declared.billing.read, declared.billing.write) < 1:
        problems.append(f"{name}: provisioned throughput is 1 or more")
    return problems


def check_index_name(name: str) -> None:
    """Raises `TableChangeError` for a name that no index can have."""
    if not _NAME.fullmatch(name):
        raise TableChangeError(f"{name!r} cannot be an index's name: {_NAME_RULE}")


def check_index(table: TableDescription, index: IndexConfig) -> None:
    """Raises `TableChangeError` for an index that this table cannot have. No call."""
    for problem in _index_problems(table.name, table.keys, table.types, index):
        raise TableChangeError(problem)
    existing_indexes = [existing for existing in table.indexes.values() if existing.status != "DELETING"]
    if len(existing_indexes) >= MAX_INDEXES:
        raise LimitReached(
            f"{table.name} has {len(existing_indexes)} indexes already, as many as DynamoDB allows",
            hint=f"drop one before {index.name} is added",
        )
    projections = (index.projection, *(existing.config.projection for existing in existing_indexes))
    projected = sum(len(projection) for projection in projections if isinstance(projection, tuple))
    if projected > MAX_PROJECTED_ATTRIBUTES:
        raise LimitReached(
            f"with {index.name} the indexes of {table.name} would carry {projected} attributes by name, DynamoDB "
            f"allows {MAX_PROJECTED_ATTRIBUTES}",
            hint="use ALL or KEYS_ONLY, or drop an index",
        )


def _index_problems(
    table_name: str, table_keys: tuple[Key, ...], types: Mapping[str, str], index: IndexConfig
) -> Iterator[str]:
    if not _NAME.fullmatch(index.name):
        yield f"{index.name!r} cannot be an index's name: {_NAME_RULE}"
    for key in index.keys:
        if types.get(key.name, key.type) != key.type:
            yield f"{key.name}:{key.type} contradicts {table_name}, where {key.name} is declared as {types[key.name]}"
    if index.sort is not None and index.sort.name == index.partition.name:
        yield f"{index.name}: {index.sort.name} cannot be partition and sort key at once"
    if isinstance(index.projection, tuple):
        keys = {key.name for key in (*table_keys, *index.keys)}
        if repeated := sorted(keys & set(index.projection)):
            yield f"{index.name} carries {', '.join(repeated)} as a key: leave it out of the projection"
        if not index.projection:
            yield f"{index.name} carries no attribute by name: use KEYS_ONLY"
