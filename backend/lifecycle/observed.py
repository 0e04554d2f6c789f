"""A table as it really is: DescribeTable, and the settings that have calls of their own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from api.dynamodb.errors import DataLayerError
from lifecycle.declaration import Throughput
from lifecycle.tables import ask, call, describe, is_unsupported

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient as BotoClient

_AWS_OWN = "aws:"  # tags that AWS gives, CloudFormation's for instance; nobody else can


@dataclass(frozen=True)
class Observed:
    """A table as it is; `recovery` and `tags` are None on an engine that knows no such thing."""

    described: Mapping[str, Any]
    ttl: str | None
    recovery: bool | None
    tags: Mapping[str, str] | None

    @property
    def types(self) -> dict[str, str]:
        """The key attributes of the table and its indexes, with their types."""
        return {a["AttributeName"]: a["AttributeType"] for a in self.described["AttributeDefinitions"]}

    @property
    def indexes(self) -> dict[str, Any]:
        """The global secondary indexes by name, as described."""
        return {index["IndexName"]: index for index in self.described.get("GlobalSecondaryIndexes") or []}


def billing_of(described: Mapping[str, Any]) -> Throughput | None:
    """The provisioned throughput of a table or an index, None on demand."""
    mode = (described.get("BillingModeSummary") or {}).get("BillingMode")
    given = described.get("ProvisionedThroughput") or {}
    read, write = given.get("ReadCapacityUnits", 0), given.get("WriteCapacityUnits", 0)
    return None if mode == "PAY_PER_REQUEST" or not (read and write) else Throughput(read, write)


def stream_of(described: Mapping[str, Any]) -> str | None:
    """The view of the table's stream, None where there is none."""
    stream = described.get("StreamSpecification") or {}
    return stream.get("StreamViewType") if stream.get("StreamEnabled") else None


def ttl_of(client: BotoClient, name: str) -> str | None:
    """The attribute that items expire by, None where they do not. One DescribeTimeToLive."""
    found = ask(client, "DescribeTimeToLive", name)["TimeToLiveDescription"]
    on = found["TimeToLiveStatus"] in ("ENABLED", "ENABLING")
    return found.get("AttributeName") if on else None


def recovery_of(client: BotoClient, name: str) -> bool | None:
    """Whether point-in-time recovery is on; None where the engine knows none. One DescribeContinuousBackups."""
    try:
        found = ask(client, "DescribeContinuousBackups", name)["ContinuousBackupsDescription"]
    except DataLayerError as failure:
        if is_unsupported(failure):
            return None
        raise
    state = found.get("PointInTimeRecoveryDescription", {}).get("PointInTimeRecoveryStatus")
    return bool(state == "ENABLED")


def tags_of(client: BotoClient, described: Mapping[str, Any]) -> dict[str, str] | None:
    """The table's tags without AWS's own; None where the engine knows none. ListTagsOfResource, paged."""
    found: dict[str, str] = {}
    request: dict[str, Any] = {"ResourceArn": described["TableArn"]}
    while True:
        try:
            answer = call(client, "ListTagsOfResource", described["TableName"], **request)
        except DataLayerError as failure:
            if is_unsupported(failure):
                return None
            raise
        found.update(
            {tag["Key"]: tag["Value"] for tag in answer["Tags"] if not tag["Key"].startswith(_AWS_OWN)}
        )
        if not answer.get("NextToken"):
            return found
        request["NextToken"] = answer["NextToken"]


def observe(client: BotoClient, name: str) -> Observed | None:
    """The table as it is, None where there is none; four calls, no capacity."""
    described = describe(client, name)
    if described is None or described["TableStatus"] == "DELETING":
        return None
    return Observed(described, ttl_of(client, name), recovery_of(client, name), tags_of(client, described))
