"""The template follows the declaration alone, and CloudFormation's own rules hold for whatever is declared."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from cfnlint.api import lint

from api.dynamodb.control_plane.declaration import IndexConfig, Key, TableConfig, Throughput
from api.dynamodb.table_schema import TABLE
from lifecycle.infrastructure.table import deployed_in
from lifecycle.infrastructure.template import template
from tests.support.torture import Sample

BY_LANGUAGE = IndexConfig("GSI3", Key("lang"), Key("at", "N"), ("tit", "sum"))
WITH_INDEX = replace(TABLE, indexes=(*TABLE.indexes, BY_LANGUAGE))
PROVISIONED = Throughput(5, 6)


def in_prod(**overrides: Any) -> TableConfig:
    """The service's table, with other settings in prod."""
    per_environment = {**TABLE.per_environment, "prod": {**TABLE.per_environment["prod"], **overrides}}
    return replace(TABLE, per_environment=per_environment)


DECLARATIONS = {
    "as it is": TABLE,
    "an index": WITH_INDEX,
    "no index": replace(TABLE, indexes=()),
    "a stream": replace(TABLE, stream="NEW_AND_OLD_IMAGES"),
    "provisioned billing": replace(TABLE, billing=PROVISIONED),
    "no TTL": replace(TABLE, ttl=None),
    "infrequent access": replace(TABLE, table_class="STANDARD_INFREQUENT_ACCESS"),
    "insights": replace(TABLE, insights="THROTTLED_KEYS"),
    "insights in prod": in_prod(insights="ACCESSED_AND_THROTTLED_KEYS"),
    "all of them": replace(WITH_INDEX, stream="KEYS_ONLY", billing=PROVISIONED, ttl=None),
    "a stream in prod": in_prod(stream="NEW_IMAGE"),
    "provisioned in prod": in_prod(billing=PROVISIONED),
    "no TTL in prod": in_prod(ttl=None),
    "no recovery in prod": in_prod(recovery=False),
}  # fmt: skip


def properties(config: TableConfig, env: str) -> dict[str, Any]:
    """The table's properties as a deployment to an environment gets them."""
    document = template(config)
    conditions = document["Conditions"]

    def resolve(value: Any) -> Any:
        if isinstance(value, list):
            return [resolve(part) for part in value]
        if not isinstance(value, dict):
            return value
        if value == {"Ref": "Environment"}:
            return env
        if "Fn::If" in value:
            name, chosen, otherwise = value["Fn::If"]
            assert conditions[name] == {
                "Fn::Equals": [{"Ref": "Environment"}, name.removeprefix("Is").lower()]
            }
            return resolve(chosen if conditions[name]["Fn::Equals"][1] == env else otherwise)
        parts = {name: resolve(part) for name, part in value.items()}
        return {name: part for name, part in parts.items() if part != {"Ref": "AWS::NoValue"}}

    resolved: dict[str, Any] = resolve(document["Resources"]["Table"]["Properties"])
    return resolved


@pytest.mark.sampled
def test_the_linter_of_cloudformation_has_nothing_to_say(sample: Sample) -> None:
    templates = [(name, with_table) for name in DECLARATIONS for with_table in (True, False)]
    for name, with_table in sample.of(templates, between=2):
        text = json.dumps(template(DECLARATIONS[name], with_table=with_table))
        assert [f"{match.rule.id} {match.message}" for match in lint(text)] == [], name


@pytest.mark.parametrize("env", deployed_in(TABLE))
@pytest.mark.parametrize("name", DECLARATIONS)
def test_every_environment_gets_what_is_declared_for_it(name: str, env: str) -> None:
    config = DECLARATIONS[name]
    declared, table = config.for_env(env), properties(config, env)
    definition = config.definition(env)
    watched = [
        each.pop("ContributorInsightsSpecification", None) for each in table.get("GlobalSecondaryIndexes", [])
    ]
    expected = {"Enabled": True, "Mode": declared.insights} if declared.insights else None
    assert table.get("ContributorInsightsSpecification") == expected
    assert watched == [expected] * len(declared.indexes)
    for part in (
        "AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "ProvisionedThroughput", "TableClass",
    ):  # fmt: skip
        assert table.get(part) == definition.get(part), part
    assert table["BillingMode"] == definition["BillingMode"]
    assert table.get("StreamSpecification") == (
        {"StreamViewType": declared.stream} if declared.stream else None
    )
    assert table.get("TimeToLiveSpecification") == (
        {"AttributeName": declared.ttl, "Enabled": True} if declared.ttl else None
    )
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": declared.recovery}
    assert table["DeletionProtectionEnabled"] is declared.protection
    assert {tag["Key"]: tag["Value"] for tag in table["Tags"]} == declared.tags


def test_the_key_attributes_are_those_of_the_declared_keys() -> None:
    names = [each["AttributeName"] for each in properties(WITH_INDEX, "prod")["AttributeDefinitions"]]
    assert names == ["PK", "SK", "GSI1PK", "GSI1SK", "GSI2PK", "GSI2SK", "lang", "at"]


def test_a_declared_index_is_watched_for_throttles() -> None:
    names = {name for name in template(WITH_INDEX)["Resources"] if "GSI3" in name}
    assert names == {
        f"{metric}GSI3Alarm"
        for metric in (
            "ReadThrottleEvents", "WriteThrottleEvents", "ConsumedReadCapacityUnits", "ConsumedWriteCapacityUnits",
        )
    }  # fmt: skip
