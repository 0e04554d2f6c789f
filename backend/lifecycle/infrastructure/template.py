"""The whole CloudFormation template: parameters, the table, its alarms, its policies."""

from __future__ import annotations

from typing import Any

from lifecycle.infrastructure import table as tables
from lifecycle.infrastructure.alarms import HAS_TOPIC, alarms
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


def _parameters() -> dict[str, Any]:
    return {
        "TableName": {
            "Type": "String",
            "Default": tables.TABLE_NAME,
            "AllowedPattern": "[a-zA-Z0-9_.-]{3,255}",
            "ConstraintDescription": "3 to 255 letters, digits, dots, hyphens and underscores",
            "Description": "The table's name, the same as the service's DYNAMODB_TABLE.",
        },
        "Environment": {
            "Type": "String",
            "AllowedValues": list(tables.DEPLOYED),
            "Description": "Part of the alarms' names, and a tag of the table.",
        },
        "AlarmTopicArn": {
            "Type": "String",
            "Default": "",
            "AllowedPattern": "(arn:[a-z-]+:sns:.+)?",
            "ConstraintDescription": "the ARN of an SNS topic, or nothing",
            "Description": "The SNS topic that the alarms tell; nothing leaves them silent.",
        },
    }


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
    made: dict[str, Any] = {
        "TableArn": {
            "Description": "The table.",
            "Value": in_template("table/{table}"),
        }
    }
    for policy in POLICIES:
        made[f"{policy.logical_id}Arn"] = {
            "Description": f"For {policy.audience}.",
            "Value": {"Ref": policy.logical_id},
        }
    return made


def template(*, with_table: bool = True) -> dict[str, Any]:
    """The template, ready to be written as JSON; without the table it is for one that the tools have changed."""
    table = {tables.RESOURCE: tables.table()} if with_table else {}
    what = "the DynamoDB table, its alarms and IAM policies"
    if not with_table:
        what = "alarms and IAM policies of a DynamoDB table that this project's tools made or changed"
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": f"AlgoItny: {what}",
        "Metadata": {
            "Generated": f"from the declared schema by `{COMMAND}`; a test fails when it differs: do not edit",
            "IndexChanges": INDEX_CHANGES,
        },
        "Parameters": _parameters(),
        "Conditions": {
            HAS_TOPIC: {"Fn::Not": [{"Fn::Equals": [{"Ref": "AlarmTopicArn"}, ""]}]},
        },
        "Resources": {
            **table,
            **{alarm.logical_id: alarm.resource() for alarm in alarms()},
            **_policies(),
        },
        "Outputs": _outputs(),
    }
