"""The table as a CloudFormation resource; its settings are those declared for the environments with protection."""

from __future__ import annotations

from typing import Any

from api.dynamodb.table_schema import table_definition
from config.environment import read_environment
from lifecycle.declaration import ENVIRONMENTS
from lifecycle.table_configs.algoitny_main import TABLE

TABLE_NAME = read_environment({}).table_name  # whatever this machine's settings say
# A developer's table is no matter of CloudFormation: `make dynamodb-init` makes it, without protection.
DEPLOYED = tuple(env for env in ENVIRONMENTS if TABLE.for_env(env).protection)
RESOURCE = "Table"
NAME = {"Ref": "TableName"}
ENVIRONMENT = {"Ref": "Environment"}


def table() -> dict[str, Any]:
    """The resource; encryption is left to DynamoDB's default, a key of AWS's own at no cost."""
    here = TABLE.for_env(DEPLOYED[0])
    return {
        "Type": "AWS::DynamoDB::Table",
        "DeletionPolicy": "Retain",
        "UpdateReplacePolicy": "Retain",
        "Properties": {
            **table_definition(TABLE_NAME),
            "TableName": NAME,
            "DeletionProtectionEnabled": here.protection,
            "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": here.recovery},
            "TimeToLiveSpecification": {"AttributeName": here.ttl, "Enabled": True},
            "Tags": [
                {"Key": key, "Value": ENVIRONMENT if value == DEPLOYED[0] else value}
                for key, value in here.tags.items()
            ],
        },
    }
