"""The whole CloudFormation template: parameters, the table, its alarms, its policies."""

from __future__ import annotations

from typing import Any

from api.dynamodb.control_plane.declaration import TableConfig
from api.dynamodb.table_schema import METRICS_TABLE, TABLE
from lifecycle.infrastructure import spend
from lifecycle.infrastructure import table as tables
from lifecycle.infrastructure.alarms import HAS_TOPIC, alarms, unit_parameters
from lifecycle.infrastructure.grants import in_template
from lifecycle.infrastructure.policies import POLICIES

COMMAND = "make infra"
INDEX_CHANGES = (
    "The indexes here are those that the table is created with: CreateTable takes them all at once. Later changes of "
    "indexes, TTL, recovery, protection and tags are made by this project's tools, which check the data, go one index "
    "at a time and wait for it; a stack update would do the same blindly, roll back a build of hours, and fail on an "
    "index that is there already. Before the first such change update the stack with algoitny-watch.json, the same "
    "without the table: the table leaves the stack and stays as it is (DeletionPolicy Retain), alarms and policies "
    "stay with the stack. infra/README.md says how to bring the table back."
)


def _parameters(config: TableConfig) -> dict[str, Any]:
    return {
        "TableName": {
            "Type": "String",
            "Default": tables.TABLE_NAME,
            "AllowedPattern": "[a-zA-Z0-9_.-]{3,255}",
            "ConstraintDescription": "3 to 255 letters, digits, dots, hyphens and underscores",
            "Description": "The table's name, the same as the service's DYNAMODB_TABLE.",
        },
        "MetricsTableName": {
            "Type": "String",
            "Default": METRICS_TABLE.name,
            "Description": "The table of metrics, the same as DYNAMODB_METRICS_TABLE.",
        },
        "Environment": {
            "Type": "String",
            "AllowedValues": list(tables.deployed_in(config)),
            "Description": "Part of the alarms' names, and a tag of the table.",
        },
        **topic_parameter(),
        **unit_parameters(),
        **spend.parameters(),
    }


def topic_parameter() -> dict[str, Any]:
    """The parameter with the topic of the alarms."""
    return {
        "AlarmTopicArn": {
            "Type": "String",
            "Default": "",
            "AllowedPattern": "(arn:[a-z-]+:sns:.+)?",
            "ConstraintDescription": "the ARN of an SNS topic, or nothing",
            "Description": "The SNS topic that the alarms tell; nothing leaves them silent.",
        }
    }


def topic_condition() -> dict[str, Any]:
    """Whether the alarms have a topic."""
    return {HAS_TOPIC: {"Fn::Not": [{"Fn::Equals": [{"Ref": "AlarmTopicArn"}, ""]}]}}


def _policies() -> dict[str, Any]:
    return {
        policy.logical_id: {
            "Type": "AWS::IAM::ManagedPolicy",
            "Properties": {
                "Description": f"AlgoItny: {policy.audience}",
                "PolicyDocument": policy.document(in_template),
            },
        }
        for policy in POLICIES
    }


def _outputs() -> dict[str, Any]:
    outputs: dict[str, Any] = {
        "TableArn": {
            "Description": "The table.",
            "Value": in_template("table/{table}"),
        }
    }
    for policy in POLICIES:
        outputs[f"{policy.logical_id}Arn"] = {
            "Description": f"For {policy.audience}.",
            "Value": {"Ref": policy.logical_id},
        }
    return outputs


def template(config: TableConfig = TABLE, *, with_table: bool = True) -> dict[str, Any]:
    """The template as JSON data; without the table it is for one that the tools have created or changed."""
    table = {}
    if with_table:
        table = {
            tables.RESOURCE: tables.table(config),
            tables.METRICS_RESOURCE: tables.table(METRICS_TABLE, tables.METRICS_NAME),
        }
    contents = "the DynamoDB tables, their alarms and IAM policies"
    if not with_table:
        contents = "alarms and IAM policies of a DynamoDB table that this project's tools made or changed"
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": f"AlgoItny: {contents}",
        "Metadata": {
            "Generated": f"from the declared schema by `{COMMAND}`; a test fails when it differs: do not edit",
            "IndexChanges": INDEX_CHANGES,
        },
        "Parameters": _parameters(config),
        "Conditions": {
            **topic_condition(),
            **spend.conditions(),
            **(tables.conditions(config) if with_table else {}),
        },
        "Resources": {
            **table,
            **{alarm.logical_id: alarm.resource() for alarm in alarms(config)},
            **spend.resources(),
            **_policies(),
        },
        "Outputs": _outputs(),
    }
