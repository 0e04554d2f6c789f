"""What DynamoDB would refuse in a declaration, told before anything is sent."""

from __future__ import annotations

import re

from lifecycle.declaration import IndexConfig, TableConfig

_NAME = re.compile(r"[A-Za-z0-9_.-]{3,255}")
_RULE = "3 to 255 of the characters a-z, A-Z, 0-9, '_', '-' and '.'"
MAX_INDEXES = 20
MAX_CARRIED = 100


def problems_of(config: TableConfig, env: str) -> list[str]:
    """One line for each thing that is wrong with the declaration of a table in an environment. No call."""
    name, here = config.table_name(env), config.for_env(env)
    found = []
    if not _NAME.fullmatch(name):
        found.append(f"{name!r} cannot be a table's name: {_RULE}")
    types: dict[str, str] = {}
    for key in [*here.keys, *(key for index in here.indexes for key in index.keys)]:
        if types.setdefault(key.name, key.type) != key.type:
            found.append(
                f"{key.name}:{key.type} contradicts {name}, where it is declared as {types[key.name]}"
            )
    names = [index.name for index in here.indexes]
    found += [f"{name} declares {twice} twice" for twice in sorted({n for n in names if names.count(n) > 1})]
    for index in here.indexes:
        found += _problems_of_index(here, index)
    if len(names) > MAX_INDEXES:
        found.append(f"{name} declares {len(names)} indexes, DynamoDB allows {MAX_INDEXES}")
    if (
        sum(len(index.projection) for index in here.indexes if isinstance(index.projection, tuple))
        > MAX_CARRIED
    ):
        found.append(f"the indexes of {name} carry more than {MAX_CARRIED} attributes by name")
    if here.billing is not None and min(here.billing.read, here.billing.write) < 1:
        found.append(f"{name}: provisioned throughput is 1 or more")
    return found


def _problems_of_index(config: TableConfig, index: IndexConfig) -> list[str]:
    found = []
    if not _NAME.fullmatch(index.name):
        found.append(f"{index.name!r} cannot be an index's name: {_RULE}")
    if index.sort is not None and index.sort.name == index.partition.name:
        found.append(f"{index.name}: {index.sort.name} cannot be partition and sort key at once")
    if isinstance(index.projection, tuple):
        keys = {key.name for key in (*config.keys, *index.keys)}
        if double := sorted(keys & set(index.projection)):
            found.append(f"{index.name} carries {', '.join(double)} as a key: leave it out of the projection")
        if not index.projection:
            found.append(f"{index.name} carries no attribute by name: say KEYS_ONLY")
    return found
