"""A table as it exists: DescribeTable's response parsed, and the settings that have calls of their own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from api.dynamodb.control_plane.calls import call, call_table, is_unsupported
from api.dynamodb.control_plane.declaration import STANDARD, IndexConfig, Key, Throughput
from api.dynamodb.errors import DataLayerError, TableMissing
from api.dynamodb.transport.retry import GIVE_UP_SECONDS

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient as BotoClient

NO_INSIGHTS = "none"
SOME_INSIGHTS = "enabled"  # in a mode that the engine does not tell
_LOCAL_REGION = ":ddblocal:"  # in the ARNs of DynamoDB Local, which has no table classes
_AWS_TAG_PREFIX = "aws:"  # set by AWS itself, for instance by CloudFormation; nobody else can change them


@dataclass(frozen=True)
class IndexDescription:
    """A global secondary index as it exists.

    `config` is the declaration that would create it, `status` DynamoDB's own. `items` is DynamoDB's count, which
    lags by up to six hours on AWS; None if it gives none.
    """

    config: IndexConfig
    status: str = "ACTIVE"
    backfilling: bool = False
    items: int | None = None
    throughput: Throughput | None = None

    @property
    def name(self) -> str:
        """The index's name."""
        return self.config.name

    @property
    def is_active(self) -> bool:
        """Whether queries may use it."""
        return self.status == "ACTIVE"

    @property
    def phase(self) -> str:
        """Its status for people, with the phase of a build."""
        if self.status == "CREATING":
            return "CREATING, backfilling" if self.backfilling else "CREATING, being allocated"
        return self.status


@dataclass(frozen=True)
class TableDescription:
    """A table as DescribeTable returns it.

    `types` has the type of every key attribute of the table and its indexes. `items` and `size_bytes` are
    DynamoDB's own counts, which lag by up to six hours on AWS. `billing` is None on demand, `stream` None
    without a stream, `table_class` None on an engine without classes.
    """

    name: str
    arn: str
    status: str
    keys: tuple[Key, ...]
    types: Mapping[str, str]
    indexes: Mapping[str, IndexDescription]
    local_indexes: Mapping[str, IndexConfig]
    items: int
    size_bytes: int
    billing: Throughput | None
    stream: str | None
    protected: bool
    table_class: str | None = STANDARD

    @property
    def is_active(self) -> bool:
        """Whether the table and all its indexes are ACTIVE. A table can be ACTIVE while an index is not."""
        return self.status == "ACTIVE" and all(index.is_active for index in self.indexes.values())

    @property
    def change_in_progress(self) -> str | None:
        """The change that blocks others, for people; None if there is none."""
        for index in self.indexes.values():
            if not index.is_active:
                return f"{index.name} is {index.phase}"
        return None if self.status == "ACTIVE" else f"the table is {self.status}"


@dataclass(frozen=True)
class TtlDescription:
    """A table's TTL: DynamoDB's status, and the attribute that items expire by."""

    status: str
    attribute: str | None

    @property
    def enabled_attribute(self) -> str | None:
        """The attribute while TTL is on or being turned on; None while it is off."""
        return self.attribute if self.status in ("ENABLED", "ENABLING") else None

    def __str__(self) -> str:
        return f"{self.status} on {self.attribute}" if self.attribute else self.status


@dataclass(frozen=True)
class TableSettings:
    """A table with everything that can be declared; `recovery`, `tags` and `insights` are None on an engine without.

    `insights` is the mode of Contributor Insights, "none" where it is off, "enabled" in a mode that the engine does
    not tell, or a text where the table and its indexes differ.
    """

    table: TableDescription
    ttl: str | None
    recovery: bool | None
    tags: Mapping[str, str] | None
    insights: str | None = None


def parse_table(response: Mapping[str, Any]) -> TableDescription:
    """The table of a DescribeTable response (its `Table`)."""
    types = {entry["AttributeName"]: entry["AttributeType"] for entry in response["AttributeDefinitions"]}
    indexes = [
        IndexDescription(
            config=_index_config(index, types),
            status=index.get("IndexStatus", "ACTIVE"),
            backfilling=bool(index.get("Backfilling")),
            items=index.get("ItemCount"),
            throughput=_throughput(index),
        )
        for index in response.get("GlobalSecondaryIndexes") or []
    ]
    local_indexes = [_index_config(index, types) for index in response.get("LocalSecondaryIndexes") or []]
    keys = _keys(response["KeySchema"], types)
    every_key = [*keys, *(key for index in indexes for key in index.config.keys)]
    every_key += [key for index in local_indexes for key in index.keys]
    on_demand = (response.get("BillingModeSummary") or {}).get("BillingMode") == "PAY_PER_REQUEST"
    stream = response.get("StreamSpecification") or {}
    return TableDescription(
        name=response["TableName"],
        arn=response.get("TableArn", ""),
        status=response["TableStatus"],
        keys=keys,
        types={key.name: types[key.name] for key in every_key if key.name in types},
        indexes={index.name: index for index in indexes},
        local_indexes={index.name: index for index in local_indexes},
        items=response.get("ItemCount", 0),
        size_bytes=response.get("TableSizeBytes", 0),
        billing=None if on_demand else _throughput(response),
        stream=stream.get("StreamViewType") if stream.get("StreamEnabled") else None,
        protected=bool(response.get("DeletionProtectionEnabled")),
        table_class=None if _LOCAL_REGION in response.get("TableArn", "") else _table_class(response),
    )


def _table_class(response: Mapping[str, Any]) -> str:
    """As DescribeTable gives it, which leaves it out for a class that was never set, or as CreateTable takes it."""
    summary = response.get("TableClassSummary") or {}
    return str(summary.get("TableClass") or response.get("TableClass") or STANDARD)


def _keys(schema: Any, types: Mapping[str, Any]) -> tuple[Key, ...]:
    ordered = sorted(schema, key=lambda part: str(part["KeyType"]) != "HASH")
    # DynamoDB Local omits the key attributes of an index that is being deleted; their type no longer matters.
    return tuple(Key(part["AttributeName"], types.get(part["AttributeName"], "S")) for part in ordered)


def _index_config(index: Mapping[str, Any], types: Mapping[str, Any]) -> IndexConfig:
    partition, sort = (*_keys(index["KeySchema"], types), None)[:2]
    assert partition is not None  # noqa: S101 (every index has a partition key)
    projection = index["Projection"]
    attributes = projection["ProjectionType"]
    if attributes == "INCLUDE":
        attributes = tuple(sorted(projection.get("NonKeyAttributes") or ()))
    return IndexConfig(index["IndexName"], partition, sort, attributes)


def _throughput(response: Mapping[str, Any]) -> Throughput | None:
    throughput = response.get("ProvisionedThroughput") or {}
    read, write = throughput.get("ReadCapacityUnits", 0), throughput.get("WriteCapacityUnits", 0)
    return Throughput(read, write) if read and write else None


def describe_table(
    client: BotoClient, name: str, *, throttling_seconds: float = GIVE_UP_SECONDS
) -> TableDescription:
    """The table as it is. One DescribeTable, no capacity. Raises `TableMissing` and what `call` raises."""
    response = call_table(client, "DescribeTable", name, throttling_seconds=throttling_seconds)
    return parse_table(response["Table"])


def find_table(
    client: BotoClient, name: str, *, throttling_seconds: float = GIVE_UP_SECONDS
) -> TableDescription | None:
    """The table as it is, None if there is none of that name. One DescribeTable, no capacity."""
    try:
        return describe_table(client, name, throttling_seconds=throttling_seconds)
    except TableMissing:
        return None


def read_ttl(client: BotoClient, name: str) -> TtlDescription:
    """The state of the table's TTL. One DescribeTimeToLive, no capacity."""
    description = call_table(client, "DescribeTimeToLive", name)["TimeToLiveDescription"]
    return TtlDescription(description["TimeToLiveStatus"], description.get("AttributeName"))


def read_recovery(client: BotoClient, name: str) -> bool | None:
    """Whether point-in-time recovery is on; None on an engine without it. One DescribeContinuousBackups."""
    try:
        response = call_table(client, "DescribeContinuousBackups", name)
    except DataLayerError as failure:
        if is_unsupported(failure):
            return None
        raise
    recovery = response["ContinuousBackupsDescription"].get("PointInTimeRecoveryDescription", {})
    return bool(recovery.get("PointInTimeRecoveryStatus") == "ENABLED")


def read_insights(client: BotoClient, table: TableDescription) -> str | None:
    """Contributor Insights of a table and its indexes, as in `TableSettings`; None on an engine without it.

    One DescribeContributorInsights for the table and each index.
    """
    try:
        modes = {name: insights_mode(client, table.name, name) for name in (None, *table.indexes)}
    except DataLayerError as failure:
        if is_unsupported(failure):
            return None
        raise
    if len(set(modes.values())) == 1:
        return modes[None]
    return ", ".join(f"{mode} on {name or 'the table'}" for name, mode in modes.items())


def insights_mode(client: BotoClient, name: str, index: str | None = None) -> str:
    """Contributor Insights of a table or of one index: its mode, "none", "enabled" or "failed".

    One DescribeContributorInsights.
    """
    request: dict[str, Any] = {} if index is None else {"IndexName": index}
    response = call_table(client, "DescribeContributorInsights", name, **request)
    status = response["ContributorInsightsStatus"]
    if status in ("ENABLED", "ENABLING"):
        return str(response.get("ContributorInsightsMode") or SOME_INSIGHTS)
    return "failed" if status == "FAILED" else NO_INSIGHTS


def read_tags(client: BotoClient, table: TableDescription) -> dict[str, str] | None:
    """The table's tags without AWS's own; None on an engine without tags. ListTagsOfResource, paged."""
    tags: dict[str, str] = {}
    request: dict[str, Any] = {"ResourceArn": table.arn}
    while True:
        try:
            page = call(client, "ListTagsOfResource", table.name, **request)
        except DataLayerError as failure:
            if is_unsupported(failure):
                return None
            raise
        tags |= {
            tag["Key"]: tag["Value"] for tag in page["Tags"] if not tag["Key"].startswith(_AWS_TAG_PREFIX)
        }
        if not page.get("NextToken"):
            return tags
        request["NextToken"] = page["NextToken"]


def read_settings(client: BotoClient, name: str) -> TableSettings | None:
    """The table with all its settings, None if there is none of that name. Five calls and one an index, no capacity."""
    table = find_table(client, name)
    if table is None or table.status == "DELETING":
        return None
    ttl = read_ttl(client, name).enabled_attribute
    recovery, tags = read_recovery(client, name), read_tags(client, table)
    return TableSettings(table, ttl, recovery, tags, read_insights(client, table))
