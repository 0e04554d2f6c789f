"""How a real table differs from its declaration: everything that is declared, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from lifecycle.declaration import IndexConfig, TableConfig, Throughput, key_schema
from lifecycle.observed import Observed, billing_of, stream_of

Kind = Literal[
    "table", "keys", "types", "index", "projection", "state", "ttl", "billing", "recovery", "stream", "tags",
    "protection",
]  # fmt: skip


@dataclass(frozen=True)
class Difference:
    """One point in which a table is not as declared; `index` names the index that it is about."""

    kind: Kind
    declared: str
    found: str
    index: str | None = None

    def __str__(self) -> str:
        what = (
            f"{self.index}: {self.kind}" if self.index and self.kind != "index" else self.index or self.kind
        )
        return f"{what}: declared {self.declared}, found {self.found}"

    def as_json(self) -> dict[str, str | None]:
        """For machines."""
        return {"kind": self.kind, "index": self.index, "declared": self.declared, "found": self.found}


@dataclass
class Comparison:
    """The differences of one table, and what could not be compared on this engine."""

    table: str
    differences: list[Difference] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)

    def add(self, kind: Kind, declared: object, found: object, index: str | None = None) -> None:
        """Notes a difference, if it is one."""
        if declared != found:
            self.differences.append(Difference(kind, text(declared), text(found), index))


def text(value: object) -> str:
    """A setting's value for people."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, Throughput):
        return f"{value.read} RCU and {value.write} WCU"
    if isinstance(value, Mapping):
        return ", ".join(f"{name}={value[name]}" for name in sorted(value)) or "none"
    return str(value)


def keys_text(schema: Any) -> str:
    """A key schema for people, the partition key first."""
    ordered = sorted(schema, key=lambda part: part["KeyType"] != "HASH")
    return " + ".join(str(part["AttributeName"]) for part in ordered)


def projection_text(projection: Any) -> str:
    """A projection for people."""
    names = sorted(projection.get("NonKeyAttributes") or [])
    return " ".join([str(projection["ProjectionType"]), *names])


def structure(config: TableConfig, described: Mapping[str, Any]) -> Comparison:
    """Keys, their types, indexes with their keys and projections: what cannot be changed in place."""
    found = Comparison(described["TableName"])
    found.add("keys", keys_text(key_schema(config.keys)), keys_text(described["KeySchema"]))
    types = {a["AttributeName"]: a["AttributeType"] for a in described["AttributeDefinitions"]}
    have = {index["IndexName"]: index for index in described.get("GlobalSecondaryIndexes") or []}
    named = [config.keys, *(index.keys for index in config.indexes if index.name in have)]
    want = {key.name: key.type for keys in named for key in keys}
    # A type that only one side knows belongs to a key that is a difference by itself.
    found.add("types", want, {name: types.get(name, kind) for name, kind in want.items()})
    for index in config.indexes:
        _compare_index(found, index, have.pop(index.name, None))
    for name, index in have.items():
        found.add("index", "none", keys_text(index["KeySchema"]), name)
    for index in described.get("LocalSecondaryIndexes") or []:
        found.add("keys", "no local index", keys_text(index["KeySchema"]), index["IndexName"])
    return found


def _compare_index(found: Comparison, index: IndexConfig, have: Any) -> None:
    want = index.definition()
    if have is None:
        found.add("index", keys_text(want["KeySchema"]), "none", index.name)
        return
    found.add("keys", keys_text(want["KeySchema"]), keys_text(have["KeySchema"]), index.name)
    found.add(
        "projection", projection_text(want["Projection"]), projection_text(have["Projection"]), index.name
    )
    found.add("state", "ACTIVE", have.get("IndexStatus", "ACTIVE"), index.name)


def compare(config: TableConfig, env: str, observed: Observed | None) -> Comparison:
    """Everything that is declared of a table in an environment, against the table as it is. No call."""
    name = config.table_name(env)
    here = config.for_env(env)
    if observed is None:
        return Comparison(name, [Difference("table", "a table", "none")])
    described = observed.described
    found = structure(here, described)
    found.add("ttl", here.ttl, observed.ttl)
    found.add("billing", text(here.billing or "on demand"), text(billing_of(described) or "on demand"))
    if here.billing is not None and billing_of(described) is not None:
        for index_name, index in observed.indexes.items():
            if index_name in {declared.name for declared in here.indexes}:
                found.add("billing", here.billing, billing_of(index), index_name)
    found.add("stream", here.stream, stream_of(described))
    found.add("protection", here.protection, bool(described.get("DeletionProtectionEnabled")))
    if observed.recovery is None:
        found.unknown.append("recovery")
    else:
        found.add("recovery", here.recovery, observed.recovery)
    if observed.tags is None:
        found.unknown.append("tags")
    else:
        found.add("tags", dict(here.tags), dict(observed.tags))
    return found
