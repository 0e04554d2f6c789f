"""What a table shall be, as data: keys, indexes, and every setting that the tools here create, change and compare."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from config.environment import ENVIRONMENTS

KeyType = Literal["S", "N", "B"]
StreamView = Literal["KEYS_ONLY", "NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES"]

__all__ = [
    "ENVIRONMENTS",
    "IndexConfig",
    "Key",
    "KeyType",
    "StreamView",
    "TableConfig",
    "Throughput",
    "key_schema",
]


@dataclass(frozen=True)
class Key:
    """A key attribute and its type: S, N or B."""

    name: str
    type: KeyType = "S"


@dataclass(frozen=True)
class IndexConfig:
    """A global secondary index; `projection` is ALL, KEYS_ONLY, or the names of the other attributes it carries."""

    name: str
    partition: Key
    sort: Key | None = None
    projection: Literal["ALL", "KEYS_ONLY"] | tuple[str, ...] = "ALL"

    @property
    def keys(self) -> tuple[Key, ...]:
        """The key attributes, the partition key first."""
        return (self.partition,) if self.sort is None else (self.partition, self.sort)

    def definition(self, billing: Throughput | None = None) -> dict[str, Any]:
        """The index as CreateTable and UpdateTable take it; `billing` is the table's, None for on-demand."""
        projection: dict[str, Any] = (
            {"ProjectionType": self.projection}
            if isinstance(self.projection, str)
            else {"ProjectionType": "INCLUDE", "NonKeyAttributes": list(self.projection)}
        )
        made: dict[str, Any] = {
            "IndexName": self.name,
            "KeySchema": key_schema(self.keys),
            "Projection": projection,
        }
        if billing is not None:
            made["ProvisionedThroughput"] = billing.definition()
        return made


@dataclass(frozen=True)
class Throughput:
    """Provisioned capacity, in RCU and WCU a second."""

    read: int
    write: int

    def definition(self) -> dict[str, int]:
        """As DynamoDB takes it."""
        return {"ReadCapacityUnits": self.read, "WriteCapacityUnits": self.write}


@dataclass(frozen=True)
class TableConfig:
    """A table in every environment.

    `name` is what people call it, `real_name` a template for what it is called in an environment, such
    as `{env}-{name}` or `{name}_{env}`; `{name}` alone is the same everywhere. `billing` None is on-demand.
    `sample_items` are written where it is created in the environment `dev`, in the form of boto3's resource layer.
    `per_environment` has what is otherwise in some environments, by the names of the fields here, such as
    `{"prod": {"protection": True}}`.
    """

    name: str
    partition: Key
    sort: Key | None = None
    real_name: str = "{env}-{name}"
    indexes: tuple[IndexConfig, ...] = ()
    ttl: str | None = None
    billing: Throughput | None = None
    stream: StreamView | None = None
    recovery: bool = False
    protection: bool = False
    tags: Mapping[str, str] = field(default_factory=dict)
    sample_items: tuple[Mapping[str, Any], ...] = ()
    per_environment: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def keys(self) -> tuple[Key, ...]:
        """The key attributes, the partition key first."""
        return (self.partition,) if self.sort is None else (self.partition, self.sort)

    def table_name(self, env: str) -> str:
        """What the table is called in an environment."""
        return self.real_name.format(env=env, name=self.name)

    def for_env(self, env: str) -> TableConfig:
        """The declaration with what is otherwise in that environment."""
        return replace(self, **self.per_environment[env]) if env in self.per_environment else self

    def index(self, name: str) -> IndexConfig:
        """The index of that name. Raises KeyError."""
        for index in self.indexes:
            if index.name == name:
                return index
        raise KeyError(name)

    def definition(self, env: str) -> dict[str, Any]:
        """The table as CreateTable takes it; TTL and recovery are separate calls."""
        if (here := self.for_env(env)) != self:
            return here.definition(env)
        every = [*self.keys, *(key for index in self.indexes for key in index.keys)]
        typed = {key.name: key.type for key in every}
        made: dict[str, Any] = {
            "TableName": self.table_name(env),
            "KeySchema": key_schema(self.keys),
            "AttributeDefinitions": [
                {"AttributeName": name, "AttributeType": kind} for name, kind in typed.items()
            ],
            "BillingMode": "PAY_PER_REQUEST" if self.billing is None else "PROVISIONED",
            "DeletionProtectionEnabled": self.protection,
        }
        if self.billing is not None:
            made["ProvisionedThroughput"] = self.billing.definition()
        if self.indexes:
            made["GlobalSecondaryIndexes"] = [index.definition(self.billing) for index in self.indexes]
        if self.stream is not None:
            made["StreamSpecification"] = {"StreamEnabled": True, "StreamViewType": self.stream}
        if self.tags:
            made["Tags"] = [{"Key": key, "Value": value} for key, value in self.tags.items()]
        return made


def key_schema(keys: tuple[Key, ...]) -> list[dict[str, str]]:
    """Keys as DynamoDB takes them."""
    return [
        {"AttributeName": key.name, "KeyType": kind}
        for key, kind in zip(keys, ("HASH", "RANGE"), strict=False)
    ]
