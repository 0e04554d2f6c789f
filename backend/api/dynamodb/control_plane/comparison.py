"""How an existing table differs from its declaration."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from api.dynamodb.control_plane.declaration import (
    STANDARD,
    IndexConfig,
    InsightsMode,
    Key,
    TableConfig,
    Throughput,
)
from api.dynamodb.control_plane.description import (
    NO_INSIGHTS,
    SOME_INSIGHTS,
    IndexDescription,
    TableDescription,
    TableSettings,
)
from api.dynamodb.control_plane.errors import TableChangeError

Kind = Literal[
    "table", "keys", "types", "index", "projection", "state", "ttl", "billing", "recovery", "stream", "tags",
    "protection", "class", "insights",
]  # fmt: skip


@dataclass(frozen=True)
class Difference:
    """One setting in which a table is not as declared; `index` names the index it belongs to."""

    kind: Kind
    declared: str
    actual: str
    index: str | None = None

    @property
    def summary(self) -> str:
        """The difference without the index's name."""
        return f"{self.kind}: declared {self.declared}, found {self.actual}"

    def __str__(self) -> str:
        if self.index is None:
            return self.summary
        if self.kind == "index":
            return f"{self.index}: declared {self.declared}, found {self.actual}"
        return f"{self.index}: {self.summary}"

    def as_json(self) -> dict[str, str | None]:
        """For machines."""
        return {"kind": self.kind, "index": self.index, "declared": self.declared, "found": self.actual}


@dataclass
class TableComparison:
    """The differences of one table; `unknown` names the settings that this engine does not have."""

    table: str
    differences: list[Difference] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)


def setting_text(value: object) -> str:
    """The value of a setting for people."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, Throughput):
        return f"{value.read} RCU and {value.write} WCU"
    if isinstance(value, Mapping):
        return ", ".join(f"{name}={value[name]}" for name in sorted(value)) or "none"
    return str(value)


def _key_names(keys: tuple[Key, ...]) -> str:
    return " + ".join(key.name for key in keys)


def _difference(
    kind: Kind, declared: object, actual: object, index: str | None = None
) -> Iterable[Difference]:
    if declared != actual:
        yield Difference(kind, setting_text(declared), setting_text(actual), index)


def compare_structure(config: TableConfig, table: TableDescription) -> list[Difference]:
    """Differences in keys, key types, indexes and projections: what cannot be changed in place. No call."""
    differences = [*_difference("keys", _key_names(config.keys), _key_names(table.keys))]
    compared = [config.keys, *(index.keys for index in config.indexes if index.name in table.indexes)]
    declared_types = {key.name: key.type for keys in compared for key in keys}
    # A type that only one side has belongs to a key that is reported as a difference of its own.
    actual_types = {name: table.types.get(name, kind) for name, kind in declared_types.items()}
    differences += _difference("types", declared_types, actual_types)
    for index in config.indexes:
        if index.name in table.indexes:
            differences += compare_index(index, table.indexes[index.name])
        else:
            differences.append(Difference("index", _key_names(index.keys), "none", index.name))
    declared_names = {index.name for index in config.indexes}
    for name, existing in table.indexes.items():
        if name not in declared_names:
            differences.append(Difference("index", "none", _key_names(existing.config.keys), name))
    for name, local_index in table.local_indexes.items():
        differences.append(Difference("keys", "no local index", _key_names(local_index.keys), name))
    return differences


def compare_index(config: IndexConfig, index: IndexDescription) -> list[Difference]:
    """Differences in an index's keys and projection; neither can be changed in place. No call."""
    return [
        *_difference("keys", _key_names(config.keys), _key_names(index.config.keys), config.name),
        *_difference("projection", config.projection_text, index.config.projection_text, config.name),
    ]


def find_index(table: TableDescription, config: IndexConfig) -> IndexDescription | None:
    """The table's index of that name, None if it has none.

    Raises `TableChangeError` if the existing index has other keys, key types or another projection. No call.
    """
    index = table.indexes.get(config.name)
    if index is None:
        return None
    differences = compare_index(config, index)
    for key in config.keys:
        actual = table.types.get(key.name, key.type)
        differences += _difference(
            "types", f"{key.name}={key.type}", f"{key.name}={actual}", config.name
        )  # fmt: skip
    if differences:
        raise TableChangeError(
            f"{table.name} has a different index {config.name}: {'; '.join(map(str, differences))}",
            hint="keys and projection cannot be changed in place: add an index of another name, switch to it, drop "
            "this one",
        )
    return index


def has_insights(declared: InsightsMode | None, actual: str) -> bool:
    """Whether Contributor Insights is as declared; a mode that the engine does not tell is right. No call."""
    return actual in ((declared, SOME_INSIGHTS) if declared else (NO_INSIGHTS,))


def _compare_class_and_insights(config: TableConfig, settings: TableSettings) -> TableComparison:
    """Table class and Contributor Insights; an engine without them is worth a line where they are declared."""
    comparison = TableComparison(settings.table.name)
    if settings.table.table_class is not None:
        comparison.differences += _difference("class", config.table_class, settings.table.table_class)
    elif config.table_class != STANDARD:
        comparison.unknown.append("table class")
    if settings.insights is not None:
        if not has_insights(config.insights, settings.insights):
            comparison.differences += _difference(
                "insights", config.insights or NO_INSIGHTS, settings.insights
            )
    elif config.insights is not None:
        comparison.unknown.append("insights")
    return comparison


def compare_table(config: TableConfig, env: str, settings: TableSettings | None) -> TableComparison:
    """Everything that is declared of a table for `env` against the table as it is (None: it is missing). No call."""
    comparison = TableComparison(config.table_name(env))
    if settings is None:
        comparison.differences.append(Difference("table", "a table", "none"))
        return comparison
    declared, table = config.for_env(env), settings.table
    differences = compare_structure(declared, table)
    for index in declared.indexes:
        if index.name in table.indexes:
            differences += _difference("state", "ACTIVE", table.indexes[index.name].status, index.name)
    differences += _difference("ttl", declared.ttl, settings.ttl)
    differences += _difference(
        "billing", declared.billing or "on demand", table.billing or "on demand"
    )  # fmt: skip
    if declared.billing is not None and table.billing is not None:
        for index in declared.indexes:
            if index.name in table.indexes:
                differences += _difference(
                    "billing", declared.billing, table.indexes[index.name].throughput, index.name
                )
    differences += _difference("stream", declared.stream, table.stream)
    differences += _difference("protection", declared.protection, table.protected)
    if settings.recovery is None:
        comparison.unknown.append("recovery")
    else:
        differences += _difference("recovery", declared.recovery, settings.recovery)
    if settings.tags is None:
        comparison.unknown.append("tags")
    else:
        differences += _difference("tags", dict(declared.tags), dict(settings.tags))
    further = _compare_class_and_insights(declared, settings)
    comparison.differences = differences + further.differences
    comparison.unknown += further.unknown
    return comparison
