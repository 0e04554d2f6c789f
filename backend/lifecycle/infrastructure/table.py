"""The table as a CloudFormation resource, from its declaration alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from api.dynamodb.control_plane.declaration import ENVIRONMENTS, TableConfig
from api.dynamodb.table_schema import TABLE

TABLE_NAME = TABLE.name
RESOURCE = "Table"
NAME = {"Ref": "TableName"}
METRICS_RESOURCE = "MetricsTable"
METRICS_NAME = {"Ref": "MetricsTableName"}
ENVIRONMENT = {"Ref": "Environment"}
_NO_VALUE = {"Ref": "AWS::NoValue"}
_CONDITION = "Is"


def deployed_in(config: TableConfig) -> tuple[str, ...]:
    """The environments that CloudFormation deploys to.

    A developer's table is not among them: `make dynamodb-init` creates it.
    """
    return tuple(env for env in ENVIRONMENTS if env in config.per_environment)


def table(config: TableConfig, name: dict[str, str] = NAME) -> dict[str, Any]:
    """The resource; `name` refers to a parameter. Encryption is DynamoDB's default, a key owned by AWS at no cost.

    A property that differs between environments becomes a choice by the stack's parameter `Environment`.
    """
    by_env = {env: _properties(config, env, name) for env in deployed_in(config)}
    names = dict.fromkeys(each for properties in by_env.values() for each in properties)
    return {
        "Type": "AWS::DynamoDB::Table",
        "DeletionPolicy": "Retain",
        "UpdateReplacePolicy": "Retain",
        "Properties": {
            each: _choice({env: properties.get(each, _NO_VALUE) for env, properties in by_env.items()})
            for each in names
        },
    }


def _properties(config: TableConfig, env: str, name: dict[str, str]) -> dict[str, Any]:
    declared = config.for_env(env)
    properties = declared.definition(env)
    properties |= {"TableName": name}
    properties.pop("Tags", None)  # written last
    if declared.stream is not None:
        properties["StreamSpecification"] = {"StreamViewType": declared.stream}
    if declared.insights is not None:
        watched = {"ContributorInsightsSpecification": {"Enabled": True, "Mode": declared.insights}}
        properties |= watched
        if indexes := properties.get("GlobalSecondaryIndexes"):
            properties["GlobalSecondaryIndexes"] = [{**index, **watched} for index in indexes]
    properties["PointInTimeRecoverySpecification"] = {"PointInTimeRecoveryEnabled": declared.recovery}
    if declared.ttl is not None:
        properties["TimeToLiveSpecification"] = {"AttributeName": declared.ttl, "Enabled": True}
    properties["Tags"] = [
        {"Key": key, "Value": ENVIRONMENT if value == env else value} for key, value in declared.tags.items()
    ]
    return properties


def _choice(values: Mapping[str, Any]) -> Any:
    """The value of a property, or a choice of values by environment."""
    (_, choice), *preceding = reversed(list(values.items()))
    for env, value in preceding:
        if value != choice:
            choice = {"Fn::If": [f"{_CONDITION}{env.capitalize()}", value, choice]}
    return choice


def conditions(config: TableConfig) -> dict[str, Any]:
    """The conditions that the resource's choices need."""
    used = set(_condition_names(table(config)))
    every = {f"{_CONDITION}{env.capitalize()}": env for env in deployed_in(config)}
    return {name: {"Fn::Equals": [ENVIRONMENT, env]} for name, env in every.items() if name in used}


def _condition_names(value: Any) -> Iterator[str]:
    if isinstance(value, dict) and "Fn::If" in value:
        yield value["Fn::If"][0]
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for part in parts:
        yield from _condition_names(part)
