"""The data model for NoSQL Workbench: table, indexes, a facet for each entity and each access pattern, typical items.

Everything comes from the declared schema, the typical items of the cost model and the access patterns.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from typing import Any

from api.dynamodb.codec.item_size import WireItem, item_size
from api.dynamodb.codec.key_forms import kind_of
from api.dynamodb.schema.entities import ENTITIES, KEY_RULES, PART, PK, SHARDS, SK, TTL
from api.dynamodb.schema.entity import Entity, Kind
from api.dynamodb.schema.indexes import INDEXES, Index
from design.patterns import PATTERNS, Pattern
from design.samples import samples

# The version of the format that NoSQL Workbench itself writes.
_FORMAT = "3.0"
_TYPES = {
    Kind.INT: "N", Kind.FLOAT: "N", Kind.TIME: "N", Kind.EPOCH: "N", Kind.BOOL: "BOOL", Kind.TEXT: "S",
    Kind.TEXT_SET: "SS", Kind.ID_SET: "B", Kind.LARGE_TEXT: "S", Kind.JSON: "S",
}  # fmt: skip
# A typical item beyond this is left out: the tool shows items as rows of a table.
_MAX_ITEM_BYTES = 8_192
_NO_DATA_SOURCE: dict[str, Any] = {"MySql": {}}
_KEY = re.compile(r"PK = `([^`]+)`(?:, SK (?:= )?(.+))?")


def data_model(table_name: str, today: date) -> dict[str, Any]:
    """The data model as JSON values; `today` is the date that it carries. No call."""
    items = [item for item in samples().items.values() if item_size(item) <= _MAX_ITEM_BYTES]
    written = f"{today:%b} {today.day:02}, {today.year}, 12:00 AM"
    return {
        "ModelName": "AlgoItny",
        "ModelMetadata": {
            "Author": "AlgoItny", "DateCreated": written, "DateLastModified": written,
            "Description": _description(), "AWSService": "Amazon DynamoDB", "Version": _FORMAT,
        },
        "DataModel": [
            {
                "TableName": table_name,
                "KeyAttributes": _key_attributes(PK, SK),
                "NonKeyAttributes": _attributes(),
                "TableFacets": [*_entity_facets(items), *_pattern_facets()],
                "GlobalSecondaryIndexes": [_index(index) for index in INDEXES],
                "TableData": items,
                "DataAccess": _NO_DATA_SOURCE,
                "BillingMode": "PAY_PER_REQUEST",
            }
        ],
    }  # fmt: skip


def _description() -> str:
    """What the model is, its attribute names, and every access pattern with the method that serves it."""
    names = [
        f"{entity.name}: {', '.join(f'{field.short} {field.name}' for field in entity.fields) or 'no field'}"
        for entity in ENTITIES
    ]
    patterns = [
        f"{pattern.name}: {pattern.key.replace('`', '')} ({pattern.repository}.{pattern.methods[0]})"
        for pattern in PATTERNS
    ]
    return "\n".join(
        [
            "One table for the whole service.",
            "",
            "Attribute names:",
            *names,
            "",
            "Access patterns:",
            *patterns,
        ]
    )


def _key_attributes(pk: str, sk: str) -> dict[str, Any]:
    return {
        "PartitionKey": {"AttributeName": pk, "AttributeType": "S"},
        "SortKey": {"AttributeName": sk, "AttributeType": "S"},
    }


def _attributes() -> list[dict[str, str]]:
    """Every attribute but the table's key. One name has one type, whatever entity has it."""
    types = {name: "S" for index in INDEXES for name in (index.pk, index.sk)}
    for entity in ENTITIES:
        for field in entity.fields:
            types.setdefault(field.short, _TYPES[field.kind])
    types.setdefault(TTL, "N")
    types.setdefault(PART, "B")
    types |= {KEY_RULES: "N", SHARDS: "NS"}
    return [{"AttributeName": name, "AttributeType": kind} for name, kind in types.items()]


def _index(index: Index) -> dict[str, Any]:
    projection: dict[str, Any] = {"ProjectionType": "ALL"}
    if index.attributes is not None:
        projection = {"ProjectionType": "INCLUDE", "NonKeyAttributes": list(index.attributes)}
    return {
        "IndexName": index.name,
        "KeyAttributes": _key_attributes(index.pk, index.sk),
        "Projection": projection,
    }


def _facet(
    name: str, pk: str, sk: str, attributes: Iterable[str], items: Iterable[WireItem]
) -> dict[str, Any]:
    return {
        "FacetName": name, "KeyAttributeAlias": {"PartitionKeyAlias": pk, "SortKeyAlias": sk},
        "TableData": list(items), "NonKeyAttributes": list(attributes), "DataAccess": _NO_DATA_SOURCE,
    }  # fmt: skip


def _entity_facets(items: Iterable[WireItem]) -> list[dict[str, Any]]:
    by_kind: dict[str, list[WireItem]] = {}
    for item in items:
        by_kind.setdefault(kind_of(item), []).append(item)
    return [
        _facet(entity.name, entity.pk, entity.sk, _names(entity), by_kind.get(entity.name, ()))
        for entity in ENTITIES
    ]


def _names(entity: Entity) -> list[str]:
    return [field.short for field in entity.fields]


def _pattern_facets() -> list[dict[str, Any]]:
    """The access patterns that read or write one kind of partition of the table, by the key that they use."""
    return [facet for pattern in PATTERNS if (facet := _pattern_facet(pattern)) is not None]


def _pattern_facet(pattern: Pattern) -> dict[str, Any] | None:
    key = _KEY.match(pattern.key)
    if key is None:
        return None
    sort = (key[2] or SK).partition(", then")[0].replace("`", "")
    return _facet(pattern.name, key[1], sort, (), ())
