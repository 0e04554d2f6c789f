"""IAM policies as data, and their two forms: part of a template, and a JSON document of their own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from config.environment import read_environment

VERSION = "2012-10-17"  # the newest version of the policy language, not a date of ours
ANYTHING = "*"
_DEFAULTS = read_environment({})
TABLE = "table/{table}"
HISTORY = f"table/{_DEFAULTS.history_table.replace(_DEFAULTS.table_name, '{table}')}"
METRICS = "table/{metrics}"
METRICS_NAME = _DEFAULTS.metrics_table
INDEXES = "table/{table}/index/*"
STREAMS = "table/{table}/stream/*"
BACKUPS = "table/{table}/backup/*"
RESTORED = "table/{table}_restored*"
IMPORTS = "table/{table}/import/*"
# The bucket for the files of the move, its objects, and what ImportTable logs.
BUCKET = "s3:::{bucket}"
OBJECTS = "s3:::{bucket}/*"
IMPORT_LOGS = "logs:log-group:/aws-dynamodb/imports*"
BUCKET_NAME = "algoitny-move"

Locate = Callable[[str], Any]


@dataclass(frozen=True)
class Statement:
    """Actions on resources; `why` is for people, `condition` as IAM takes it.

    Resources are what follows the account in a DynamoDB ARN, with `{table}` and `{metrics}` for the names of the table
    and of the table of metrics, or "*"; those of S3
    and of the logs begin with the service's name, with `{bucket}` for the bucket's; no template has them.
    """

    sid: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    why: str
    condition: Mapping[str, Mapping[str, Any]] | None = None

    def document(self, locate: Locate) -> dict[str, Any]:
        """As IAM takes it; `locate` makes an ARN of a resource."""
        document: dict[str, Any] = {
            "Sid": self.sid,
            "Effect": "Allow",
            "Action": sorted(self.actions),
            "Resource": [
                ANYTHING if resource == ANYTHING else locate(resource) for resource in self.resources
            ],
        }
        if self.condition is not None:
            document["Condition"] = self.condition
        return document


@dataclass(frozen=True)
class Policy:
    """Who may do what; `name` is its file's, `logical_id` its resource's in the template."""

    name: str
    logical_id: str
    audience: str
    statements: tuple[Statement, ...]

    @property
    def actions(self) -> frozenset[str]:
        """Every action that it allows."""
        return frozenset(action for statement in self.statements for action in statement.actions)

    def document(self, locate: Locate) -> dict[str, Any]:
        """The policy document."""
        return {
            "Version": VERSION,
            "Statement": [statement.document(locate) for statement in self.statements],
        }


def dynamodb(*operations: str) -> tuple[str, ...]:
    """DynamoDB's actions of those names."""
    return tuple(f"dynamodb:{operation}" for operation in operations)


def in_template(resource: str) -> dict[str, str]:
    """The ARN in the stack's partition, region and account, of the stack's tables."""
    name = resource.replace("{table}", "${TableName}").replace("{metrics}", "${MetricsTableName}")
    return {"Fn::Sub": "arn:${AWS::Partition}:dynamodb:${AWS::Region}:${AWS::AccountId}:" + name}


def by_itself(table_name: str) -> Locate:
    """ARNs of a table of that name, and of its metrics, in any region of the account that holds the policy."""
    metrics_name = read_environment({"DYNAMODB_TABLE": table_name}).metrics_table

    def locate(resource: str) -> str:
        name = resource.replace("{table}", table_name).replace("{bucket}", BUCKET_NAME)
        name = name.replace("{metrics}", metrics_name)
        if name.startswith("s3:"):  # a bucket has neither a region nor an account in its name
            return f"arn:aws:{name}"
        if name.startswith("logs:"):
            return name.replace("logs:", "arn:aws:logs:*:*:", 1)
        return f"arn:aws:dynamodb:*:*:{name}"

    return locate
