"""The data model for NoSQL Workbench has the declared table, and every entity and access pattern."""

from __future__ import annotations

from datetime import date

from api.dynamodb.schema.entities import ENTITIES, PK, SK, TIMELINE_ATTRIBUTES
from design.patterns import PATTERNS
from inspection.workbench import data_model

MODEL = data_model("algoitny_main", date(2026, 11, 2))
(TABLE,) = MODEL["DataModel"]


def test_the_table_and_its_indexes_are_the_declared_ones() -> None:
    assert TABLE["TableName"] == "algoitny_main"
    assert TABLE["KeyAttributes"]["PartitionKey"] == {"AttributeName": PK, "AttributeType": "S"}
    assert TABLE["KeyAttributes"]["SortKey"] == {"AttributeName": SK, "AttributeType": "S"}
    gsi1, gsi2 = TABLE["GlobalSecondaryIndexes"]
    assert gsi1["Projection"] == {"ProjectionType": "ALL"}
    assert gsi2["Projection"]["NonKeyAttributes"] == list(TIMELINE_ATTRIBUTES)


def test_every_attribute_is_declared_once() -> None:
    names = [attribute["AttributeName"] for attribute in TABLE["NonKeyAttributes"]]
    assert len(names) == len(set(names))
    used = {name for item in TABLE["TableData"] for name in item} - {PK, SK}
    assert used <= set(names)


def test_every_entity_is_a_facet_with_its_keys_and_typical_items() -> None:
    facets = {facet["FacetName"]: facet for facet in TABLE["TableFacets"]}
    for entity in ENTITIES:
        facet = facets[entity.name]
        assert facet["KeyAttributeAlias"] == {"PartitionKeyAlias": entity.pk, "SortKeyAlias": entity.sk}
        assert facet["NonKeyAttributes"] == [field.short for field in entity.fields]
    assert facets["user"]["TableData"]


def test_every_access_pattern_is_named_and_those_of_one_partition_are_facets() -> None:
    description = MODEL["ModelMetadata"]["Description"]
    facets = {facet["FacetName"]: facet["KeyAttributeAlias"] for facet in TABLE["TableFacets"]}
    for pattern in PATTERNS:
        assert f"\n{pattern.name}: " in description
    assert facets["user by id"] == {"PartitionKeyAlias": "USR#{user_id}", "SortKeyAlias": "META"}
    assert facets["a user's runs"] == {"PartitionKeyAlias": "USR#{user_id}#RUN", "SortKeyAlias": "SK"}
