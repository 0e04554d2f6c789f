"""What DescribeTable says of a table and its indexes, and whether an index can be added to it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lifecycle.declaration import IndexConfig, Key, Throughput
from lifecycle.online.calls import IndexChangeError, ask

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient as BotoClient

_NAME = re.compile(r"[A-Za-z0-9_.-]{3,255}")


@dataclass(frozen=True)
class IndexNow:
    """An index as it is: `status` as DynamoDB names it, `items` by its own count, which lags (None: not known)."""

    name: str
    status: str
    backfilling: bool
    items: int | None
    described: Mapping[str, Any]

    @property
    def is_active(self) -> bool:
        """Whether queries may use it."""
        return self.status == "ACTIVE"

    @property
    def phase(self) -> str:
        """Its state for people."""
        if self.status == "CREATING":
            return "CREATING, backfilling" if self.backfilling else "CREATING, being allocated"
        return self.status

    def differences(self, index: IndexConfig) -> list[str]:
        """How it differs from a declaration in keys and projection; neither can be changed in place."""
        want = index.definition()
        found = []
        have_keys = [dict(part) for part in self.described["KeySchema"]]
        if have_keys != want["KeySchema"]:
            found.append(f"keys: asked {_keys_text(want['KeySchema'])}, found {_keys_text(have_keys)}")
        wanted, have = _projection(want["Projection"]), _projection(self.described["Projection"])
        if wanted != have:
            found.append(f"projection: asked {wanted}, found {have}")
        return found


@dataclass(frozen=True)
class TableNow:
    """A table as it is; `types` are those of the attributes that are keys of it or of an index of it.

    `items` and `size_bytes` are DynamoDB's own count, which lags by up to six hours on AWS.
    """

    name: str
    status: str
    keys: tuple[Key, ...]
    types: Mapping[str, str]
    indexes: Mapping[str, IndexNow]
    items: int
    size_bytes: int
    billing: Throughput | None

    @property
    def under_way(self) -> str | None:
        """The change that keeps others from beginning, None when there is none."""
        for index in self.indexes.values():
            if not index.is_active:
                return f"{index.name} is {index.phase}"
        return None if self.status == "ACTIVE" else f"the table is {self.status}"


def describe(client: BotoClient, table_name: str) -> TableNow:
    """The table as it is. One DescribeTable, no capacity. Raises `TableMissing`."""
    return _parsed(ask(client, "DescribeTable", table_name)["Table"])


def _parsed(table: Any) -> TableNow:
    every = {one["AttributeName"]: one["AttributeType"] for one in table["AttributeDefinitions"]}
    schemas = [table["KeySchema"]]
    schemas += [index["KeySchema"] for index in table.get("LocalSecondaryIndexes", [])]
    schemas += [index["KeySchema"] for index in table.get("GlobalSecondaryIndexes", [])]
    used = {part["AttributeName"] for schema in schemas for part in schema}
    throughput = table.get("ProvisionedThroughput") or {}
    on_demand = (table.get("BillingModeSummary") or {}).get("BillingMode") == "PAY_PER_REQUEST"
    read, write = throughput.get("ReadCapacityUnits", 0), throughput.get("WriteCapacityUnits", 0)
    ordered = sorted(table["KeySchema"], key=lambda part: str(part["KeyType"]) != "HASH")
    return TableNow(
        name=table["TableName"],
        status=table["TableStatus"],
        keys=tuple(Key(part["AttributeName"], every[part["AttributeName"]]) for part in ordered),
        types={name: kind for name, kind in every.items() if name in used},
        indexes={
            index["IndexName"]: IndexNow(
                name=index["IndexName"],
                status=index.get("IndexStatus", "ACTIVE"),
                backfilling=bool(index.get("Backfilling")),
                items=index.get("ItemCount"),
                described=index,
            )
            for index in table.get("GlobalSecondaryIndexes", [])
        },
        items=table.get("ItemCount", 0),
        size_bytes=table.get("TableSizeBytes", 0),
        billing=None if on_demand or not (read and write) else Throughput(read, write),
    )


def check_name(name: str) -> None:
    """Raises `IndexChangeError` for a name that no index can have."""
    if not _NAME.fullmatch(name):
        raise IndexChangeError(
            f"{name!r} cannot be an index's name: 3 to 255 of the characters a-z, A-Z, 0-9, '_', '-' and '.'"
        )


def check_same(table: TableNow, index: IndexConfig) -> IndexNow | None:
    """The index as it is there, None if it is not. Raises `IndexChangeError` if one of that name is another."""
    found = table.indexes.get(index.name)
    if found is not None and (wrong := found.differences(index) or _other_types(table, index)):
        raise IndexChangeError(
            f"{table.name} has an index {index.name} that is another: {'; '.join(wrong)}",
            hint="keys and projection cannot be changed in place: give the new one another name, switch, drop this one",
        )
    return found


def _other_types(table: TableNow, index: IndexConfig) -> list[str]:
    return [
        f"{key.name}: asked {key.type}, found {table.types[key.name]}"
        for key in index.keys
        if table.types.get(key.name, key.type) != key.type
    ]


def check_possible(table: TableNow, index: IndexConfig) -> None:
    """Raises `IndexChangeError` for an index that this table cannot have: its name, its key types, what it carries."""
    check_name(index.name)
    for key in index.keys:
        known = table.types.get(key.name)
        if known is not None and known != key.type:
            raise IndexChangeError(
                f"{key.name}:{key.type} contradicts {table.name}, whose attribute {key.name} is declared as {known}"
            )
    if index.sort is not None and index.sort.name == index.partition.name:
        raise IndexChangeError(f"{index.name}: {index.sort.name} cannot be partition and sort key at once")
    if isinstance(index.projection, tuple):
        keys = {key.name for key in (*table.keys, *index.keys)}
        if double := keys & set(index.projection):
            raise IndexChangeError(
                f"{index.name} carries {', '.join(sorted(double))} as a key: leave it out of the projection"
            )


def request_of(table: TableNow, index: IndexConfig) -> dict[str, Any]:
    """The UpdateTable that creates the index. An index of a provisioned table gets the table's own throughput."""
    types = {**table.types, **{key.name: key.type for key in index.keys}}
    return {
        "AttributeDefinitions": [
            {"AttributeName": name, "AttributeType": kind} for name, kind in types.items()
        ],
        "GlobalSecondaryIndexUpdates": [{"Create": index.definition(table.billing)}],
    }


def keys_text(index: IndexConfig) -> str:
    """The keys of a declaration, for people."""
    return " + ".join(f"{key.name}:{key.type}" for key in index.keys)


def projection_text(index: IndexConfig) -> str:
    """The projection of a declaration, for people."""
    return _projection(index.definition()["Projection"])


def _keys_text(schema: Any) -> str:
    return " + ".join(str(part["AttributeName"]) for part in schema)


def _projection(projection: Any) -> str:
    names = sorted(projection.get("NonKeyAttributes") or [])
    kind = str(projection["ProjectionType"])
    return f"{kind} {', '.join(names)}" if names else kind
