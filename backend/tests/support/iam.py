"""What calls need of IAM and whether a policy allows it, by AWS's rules as far as this project's policies use them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

import botocore.client
import pytest

from api.dynamodb.transport.http import Transport

_ARN = "arn:aws:dynamodb:us-east-1:111122223333:table/"
_PARTS = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
}

# The actions of S3's operations that have other names.
_S3_ACTIONS = {
    "ListObjectsV2": "ListBucket", "ListMultipartUploads": "ListBucketMultipartUploads",
    "CreateMultipartUpload": "PutObject", "UploadPart": "PutObject", "CompleteMultipartUpload": "PutObject",
}  # fmt: skip


@dataclass(frozen=True)
class Need:
    """One action on one resource; `keys` are the partition keys that it names."""

    action: str
    resource: str
    keys: frozenset[str] = frozenset()


def _keys(request: Mapping[str, Any]) -> frozenset[str]:
    found = request.get("Key") or request.get("Item") or {}
    return frozenset({found["PK"]["S"]} if "PK" in found else ())


def needs(operation: str, request: Mapping[str, Any]) -> list[Need]:
    """What DynamoDB asks IAM before it does an operation."""
    if operation == "TransactWriteItems":
        parts = [(kind, part) for item in request["TransactItems"] for kind, part in item.items()]
        return [
            Need(f"dynamodb:{_PARTS[kind]}", _ARN + part["TableName"], _keys(part)) for kind, part in parts
        ]
    if operation in ("BatchGetItem", "BatchWriteItem"):
        return [Need(f"dynamodb:{operation}", _ARN + table) for table in request["RequestItems"]]
    if "Bucket" in request:
        action = _S3_ACTIONS.get(operation, operation)
        key = f"/{request['Key']}" if "Key" in request else ""
        return [Need(f"s3:{action}", f"arn:aws:s3:::{request['Bucket']}{key}")]
    if operation == "ListImports":
        return [Need("dynamodb:ListImports", "*")]
    if operation == "ImportTable":
        return [Need("dynamodb:ImportTable", _ARN + request["TableCreationParameters"]["TableName"])]
    arn = request.get("ResourceArn") or request.get("BackupArn") or request.get("ImportArn")
    if arn:
        return [Need(f"dynamodb:{operation}", _ARN + arn.partition(":table/")[2])]
    place = (
        f"{request['TableName']}/index/{request['IndexName']}"
        if "IndexName" in request
        else request["TableName"]
    )
    found = [Need(f"dynamodb:{operation}", _ARN + place, _keys(request))]
    if operation == "CreateTable" and request.get("Tags"):
        found.append(Need("dynamodb:TagResource", _ARN + place))
    return found


def _holds(condition: Mapping[str, Mapping[str, Any]], need: Need) -> bool:
    """Whether a statement's condition holds for a caller who showed no second factor."""
    holds = True
    for operator, tests in condition.items():
        for key, value in tests.items():
            if (operator, key) == ("ForAllValues:StringEquals", "dynamodb:LeadingKeys"):
                holds = holds and need.keys <= set(value)
            elif (operator, key) == ("ForAllValues:StringLike", "dynamodb:LeadingKeys"):
                holds = holds and all(any(fnmatchcase(each, one) for one in value) for each in need.keys)
            elif key.startswith("aws:MultiFactorAuth"):
                holds = False
            else:
                raise AssertionError(f"{operator} of {key} is not known here")
    return holds


def allows(document: Mapping[str, Any], need: Need) -> bool:
    """Whether a statement of the policy allows it."""
    return any(
        need.action in statement["Action"]
        and any(fnmatchcase(need.resource, pattern) for pattern in statement["Resource"])
        and _holds(statement.get("Condition", {}), need)
        for statement in document["Statement"]
    )


class Calls:
    """Every call that this process makes to DynamoDB, whichever way."""

    def __init__(self) -> None:
        self.made: list[tuple[str, dict[str, Any]]] = []

    @property
    def needs(self) -> set[Need]:
        """What all of them need."""
        return {need for operation, request in self.made for need in needs(operation, request)}

    @property
    def operations(self) -> set[str]:
        """Their operations."""
        return {operation for operation, _ in self.made}

    @property
    def actions(self) -> set[str]:
        """The actions that they need."""
        return {need.action for need in self.needs}


def refused(document: Mapping[str, Any], wanted: Iterable[Need]) -> list[Need]:
    """What a policy does not allow."""
    return [need for need in wanted if not allows(document, need)]


def record(monkeypatch: pytest.MonkeyPatch) -> Calls:
    """Records the calls of both ways, the lean transport's and boto3's, until the test ends."""
    calls = Calls()
    send: Callable[..., Any] = Transport.send
    boto3_call: Callable[..., Any] = botocore.client.BaseClient._make_api_call  # type: ignore[attr-defined]

    def lean(self: Transport, operation: str, request: Any) -> Any:
        read = json.loads(request) if isinstance(request, bytes) else request
        calls.made.append((operation, read))
        return send(self, operation, request)

    def boto3(self: Any, operation: str, request: dict[str, Any]) -> Any:
        calls.made.append((operation, request))
        return boto3_call(self, operation, request)

    monkeypatch.setattr(Transport, "send", lean)
    monkeypatch.setattr(botocore.client.BaseClient, "_make_api_call", boto3)
    return calls
