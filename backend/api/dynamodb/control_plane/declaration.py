"""The declaration of a table as data: keys, indexes and every setting that the tools create, change and compare."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Self

from config.environment import ENVIRONMENTS

KeyType = Literal["S", "N", "B"]
StreamView = Literal["KEYS_ONLY", "NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES"]
TableClass = Literal["STANDARD", "STANDARD_INFREQUENT_ACCESS"]
InsightsMode = Literal["THROTTLED_KEYS", "ACCESSED_AND_THROTTLED_KEYS"]
STANDARD: TableClass = "STANDARD"

__all__ = [
    "ENVIRONMENTS",
    "STANDARD",
    "IndexConfig",
    "InsightsMode",
    "Key",
    "KeyType",
    "StreamView",
    "TableClass",
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

    @property
    def keys_text(self) -> str:
        """The keys for people, such as `market_id:S + timestamp:S`."""
        return " + ".join(f"{key.name}:{key.type}" for key in self.keys)

    @property
    def projection_text(self) -> str:
        """The projection for people, such as `ALL` or `INCLUDE a, b`."""
        if isinstance(self.projection, str):
            return self.projection
        return f"INCLUDE {', '.join(sorted(self.projection))}"

    def definition(self, billing: Throughput | None = None) -> dict[str, Any]:
        """The index as CreateTable and UpdateTable take it; `billing` is the table's, None for on-demand."""
        projection: dict[str, Any] = {"ProjectionType": "INCLUDE", "NonKeyAttributes": list(self.projection)}
        if isinstance(self.projection, str):
            projection = {"ProjectionType": self.projection}
        definition: dict[str, Any] = {
            "IndexName": self.name,
            "KeySchema": key_schema(self.keys),
            "Projection": projection,
        }
        if billing is not None:
            definition["ProvisionedThroughput"] = billing.definition()
        return definition


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

    `name` is what people call it; `real_name` is the template of its name in an environment, such as
    `{env}-{name}` or `{name}_{env}`, where `{name}` alone is the same everywhere. `billing` None is on-demand.
    `sample_items` are written when the table is created in the environment `dev`, in the format of boto3's resource
    layer. `table_class` is how storage and requests are priced; `insights` is what Contributor Insights counts of the
    table and its indexes, None without it. `per_environment` overrides fields in some environments, such as
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
    table_class: TableClass = STANDARD
    insights: InsightsMode | None = None

    @property
    def keys(self) -> tuple[Key, ...]:
        """The key attributes, the partition key first."""
        return (self.partition,) if self.sort is None else (self.partition, self.sort)

    def table_name(self, env: str) -> str:
        """The table's real name in an environment."""
        return self.real_name.format(env=env, name=self.name)

    def for_env(self, env: str) -> Self:
        """The declaration with that environment's overrides."""
        return replace(self, **self.per_environment[env]) if env in self.per_environment else self

    def index(self, name: str) -> IndexConfig:
        """The index of that name. Raises KeyError."""
        for index in self.indexes:
            if index.name == name:
                return index
        raise KeyError(name)

    def definition(self, env: str) -> dict[str, Any]:
        """The table as CreateTable takes it; TTL, recovery and insights are separate calls."""
        if (declared := self.for_env(env)) != self:
            return declared.definition(env)
        every_key = [*self.keys, *(key for index in self.indexes for key in index.keys)]
        types = {key.name: key.type for key in every_key}
        definition: dict[str, Any] = {
            "TableName": self.table_name(env),
            "BillingMode": "PAY_PER_REQUEST" if self.billing is None else "PROVISIONED",
            "AttributeDefinitions": attribute_definitions(types),
            "KeySchema": key_schema(self.keys),
        }
        if self.indexes:
            definition["GlobalSecondaryIndexes"] = [index.definition(self.billing) for index in self.indexes]
        if self.billing is not None:
            definition["ProvisionedThroughput"] = self.billing.definition()
        definition["DeletionProtectionEnabled"] = self.protection
        if self.stream is not None:
            definition["StreamSpecification"] = {"StreamEnabled": True, "StreamViewType": self.stream}
        if self.table_class != STANDARD:
            definition["TableClass"] = self.table_class
        if self.tags:
            definition["Tags"] = [{"Key": key, "Value": value} for key, value in self.tags.items()]
        return definition


def attribute_definitions(types: Mapping[str, str]) -> list[dict[str, str]]:
    """Key attributes and their types as DynamoDB takes them."""
    return [{"AttributeName": name, "AttributeType": kind} for name, kind in types.items()]


def key_schema(keys: tuple[Key, ...]) -> list[dict[str, str]]:
    """Keys as DynamoDB takes them."""
    return [
        {"AttributeName": key.name, "KeyType": kind}
        for key, kind in zip(keys, ("HASH", "RANGE"), strict=False)
    ]
