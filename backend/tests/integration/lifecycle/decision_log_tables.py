"""A decision log on an engine, for the tests of indexes: small, with a few markets, and everything to look at it."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

from api.dynamodb.control_plane.declaration import TableConfig
from examples.decision_log.table_configs.dora_decision_log import BY_MARKET, TABLE
from tests.support.engines import REGION
from tests.support.tables import settle_indexes

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

INDEX = BY_MARKET.name
Item = dict[str, Any]


def client_at(url: str) -> DynamoDBClient:
    """A client as the operator's tools have it: it waits and tries again."""
    client: DynamoDBClient = boto3.client(
        "dynamodb", endpoint_url=url, region_name=REGION,
        aws_access_key_id="test", aws_secret_access_key="test",
        config=Config(connect_timeout=2, read_timeout=30, retries={"mode": "standard", "total_max_attempts": 4}),
    )  # fmt: skip
    return client


def decision(number: int, **others: Any) -> Item:
    """One decision in wire form, on one of five days, for one of three markets."""
    day = f"2026-01-0{1 + number % 5}"
    item = {
        "date": {"S": day}, "timestamp": {"S": f"{day}T{number:06d}Z"},
        "market_id": {"S": f"market-{number % 3}"}, "reason": {"S": f"because {number}"},
    }  # fmt: skip
    item |= others
    return {name: value for name, value in item.items() if value is not None}


@dataclass
class Log:
    """The tables of the decision log at one engine; `url` is how the code under test reaches it."""

    url: str
    direct: DynamoDBClient
    env: str = "demo"
    made: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        return TABLE.table_name(self.env)

    @property
    def client(self) -> DynamoDBClient:
        return client_at(self.url)

    def create(self, items: int = 12, *, table: str | None = None, extra: tuple[Item, ...] = ()) -> str:
        """Makes the table without its index, with some decisions."""
        name = table or self.name
        definition = TABLE.definition(self.env)
        definition.pop("GlobalSecondaryIndexes")
        kept = {part["AttributeName"] for part in definition["KeySchema"]}
        definition["AttributeDefinitions"] = [
            one for one in definition["AttributeDefinitions"] if one["AttributeName"] in kept
        ]
        self.direct.create_table(**{**definition, "TableName": name})
        self.made.append(name)
        for item in (*(decision(number) for number in range(items)), *extra):
            self.direct.put_item(TableName=name, Item=item)
        return name

    def settings(self) -> dict[str, str]:
        return {"LOCALSTACK_URL": self.url, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}

    def dump(self, table: str | None = None) -> list[Item]:
        """Everything in the table, in order."""
        items = self.scan(table or self.name)
        return sorted(items, key=lambda item: (item["date"]["S"], item["timestamp"]["S"]))

    def entries(self, table: str | None = None) -> list[Item]:
        """Everything in the index, in order, as the code under test would read it."""
        found = self.scan(table or self.name, client=self.client, IndexName=INDEX)
        return sorted(found, key=lambda item: (item["date"]["S"], item["timestamp"]["S"]))

    def scan(self, table: str, client: DynamoDBClient | None = None, **how: Any) -> list[Item]:
        found: list[Item] = []
        while True:
            page: Mapping[str, Any] = (client or self.direct).scan(TableName=table, **how)
            found += page["Items"]
            if not page.get("LastEvaluatedKey"):
                return found
            how["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def described(self, table: str | None = None) -> dict[str, Any]:
        """What makes the table: its keys, types and indexes, as the engine itself says."""
        described: Any = self.direct.describe_table(TableName=table or self.name)["Table"]
        names = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingModeSummary")
        return {name: described.get(name) for name in names}

    def delete(self) -> None:
        for name in self.made:
            settle_indexes(self.direct, name)
            self.direct.delete_table(TableName=name)


def own_config() -> TableConfig:
    """The decision log under a name of its own, for tests that run beside others on one engine."""
    return TableConfig(
        f"log_{secrets.token_hex(4)}", TABLE.partition, TABLE.sort, real_name="{name}", indexes=TABLE.indexes
    )
