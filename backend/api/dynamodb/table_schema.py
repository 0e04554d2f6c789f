"""The table `algoitny_main` and its TTL: how it is declared, created, checked and deleted.

Entities and their attributes are declared in `entities`, key templates in `keys`, indexes in `indexes`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from api.dynamodb import entities as e
from api.dynamodb.boto3_transport import translate
from api.dynamodb.errors import DataLayerError, TableMissing, Unavailable
from api.dynamodb.indexes import INDEXES
from config.environment import environment

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient as BotoClient

WAIT_SECONDS = 600.0


def table_definition(name: str | None = None) -> dict[str, Any]:
    """The whole declaration as CreateTable takes it; `name` defaults to the configured table's."""
    return {
        "TableName": name or environment().table_name,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": key, "AttributeType": "S"} for key in e.KEY_ATTRIBUTES],
        "KeySchema": [
            {"AttributeName": e.PK, "KeyType": "HASH"},
            {"AttributeName": e.SK, "KeyType": "RANGE"},
        ],
        "GlobalSecondaryIndexes": [index.definition() for index in INDEXES],
    }


@dataclass(frozen=True)
class Readiness:
    """What state the table is in: `table` and each index as DynamoDB names it, MISSING if it is not there."""

    ready: bool
    table: str
    indexes: dict[str, str] = field(default_factory=dict)
    hint: str | None = None


def describe_readiness(client: BotoClient, name: str | None = None) -> Readiness:
    """Whether the table and every declared index are ACTIVE.

    One DescribeTable, no capacity. Raises `Unavailable` or `AccessDenied` when nobody can tell.
    """
    table_name = name or environment().table_name
    try:
        table: Any = client.describe_table(TableName=table_name)["Table"]
    except (ClientError, BotoCoreError) as error:
        failure = translate(error, operation="DescribeTable", is_write=False)
        if isinstance(failure, TableMissing):
            missing = {index.name: "MISSING" for index in INDEXES}
            return Readiness(False, "MISSING", missing, "make dynamodb-init")
        raise failure from error
    found = {
        index["IndexName"]: index.get("IndexStatus", "ACTIVE")
        for index in table.get("GlobalSecondaryIndexes", [])
    }
    states = {index.name: found.get(index.name, "MISSING") for index in INDEXES}
    status = table["TableStatus"]
    ready = status in ("ACTIVE", "UPDATING") and all(state == "ACTIVE" for state in states.values())
    hint = None
    if not ready:
        hint = (
            "make dynamodb-init"
            if "MISSING" in states.values()
            else "wait until the table and its indexes are ACTIVE"
        )
    return Readiness(ready, status, states, hint)


def _wait(ready: Callable[[], bool], what: str, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    pause = 0.05
    while not ready():
        if time.monotonic() > deadline:
            raise Unavailable(f"{what} is still not done after {seconds:.0f} s", hint="run the command again")
        time.sleep(pause)
        pause = min(pause * 1.5, 5.0)


@dataclass(frozen=True)
class Difference:
    """One point in which the real table is not as declared."""

    what: str
    declared: object
    found: object

    def __str__(self) -> str:
        return f"{self.what}: declared {self.declared}, found {self.found}"


def differences(described: dict[str, Any]) -> list[Difference]:
    """Compares DescribeTable's answer with the declaration: keys, key types, indexes and their projections."""
    declared = table_definition(described["TableName"])
    found: list[Difference] = []

    def compare(what: str, want: object, have: object) -> None:
        if want != have:
            found.append(Difference(what, want, have))

    def types(definition: dict[str, Any]) -> dict[str, str]:
        return {a["AttributeName"]: a["AttributeType"] for a in definition["AttributeDefinitions"]}

    compare("key schema", declared["KeySchema"], described["KeySchema"])
    compare("key types", types(declared), types(described))
    have_indexes = {index["IndexName"]: index for index in described.get("GlobalSecondaryIndexes", [])}
    for index in INDEXES:
        have = have_indexes.pop(index.name, None)
        if have is None:
            found.append(Difference(index.name, "an index", "nothing"))
            continue
        want = index.definition()
        compare(f"{index.name} key schema", want["KeySchema"], have["KeySchema"])
        compare(f"{index.name} projection", _projection(want), _projection(have))
    for name in have_indexes:
        found.append(Difference(name, "no index", "an index"))
    return found


def check_table(client: BotoClient, name: str | None = None) -> list[Difference]:
    """How the real table differs from the declaration: keys, indexes, projections and TTL; empty when it does not.

    One DescribeTable and one DescribeTimeToLive, no capacity. Raises `TableMissing`, `Unavailable` and `AccessDenied`.
    """
    table_name = name or environment().table_name
    try:
        described: Any = client.describe_table(TableName=table_name)["Table"]
    except (ClientError, BotoCoreError) as error:
        raise translate(error, operation="DescribeTable", is_write=False) from error
    found = differences(described)
    ttl = describe_ttl(client, table_name)
    if ttl.wrong is not None:
        found.append(ttl.wrong)
    return found


@dataclass(frozen=True)
class Ttl:
    """The TTL of a real table: its state as DynamoDB names it, and the attribute it goes by."""

    status: str
    attribute: str | None

    @property
    def is_on(self) -> bool:
        """Whether items expire, or will as soon as DynamoDB is done with turning it on."""
        return self.status in ("ENABLED", "ENABLING")

    @property
    def wrong(self) -> Difference | None:
        """How it differs from the declaration."""
        if self.is_on and self.attribute == e.TTL:
            return None
        return Difference("TTL", f"on {e.TTL}", str(self))

    def __str__(self) -> str:
        return f"{self.status} on {self.attribute}" if self.attribute else self.status


def describe_ttl(client: BotoClient, name: str | None = None) -> Ttl:
    """The state of the table's TTL. One DescribeTimeToLive, no capacity."""
    try:
        answer: Any = client.describe_time_to_live(TableName=name or environment().table_name)
    except (ClientError, BotoCoreError) as error:
        raise translate(error, operation="DescribeTimeToLive", is_write=False) from error
    found = answer["TimeToLiveDescription"]
    return Ttl(found["TimeToLiveStatus"], found.get("AttributeName"))


def _projection(index: dict[str, Any]) -> tuple[str, list[str]]:
    projection = index["Projection"]
    return projection["ProjectionType"], sorted(projection.get("NonKeyAttributes", []))


def create_table(client: BotoClient, name: str | None = None, *, wait_seconds: float = WAIT_SECONDS) -> bool:
    """Creates the table with its indexes and TTL and waits until all of it is there; True if it was not there before.

    Calling it again changes nothing; a table that a killed call left half made is completed. Raises
    `DataLayerError` when a table of that name differs from the declaration (nothing is changed then).
    """
    definition = table_definition(name)
    table_name: str = definition["TableName"]
    created = True
    try:
        client.create_table(**definition)
    except (ClientError, BotoCoreError) as error:
        if getattr(error, "response", {}).get("Error", {}).get("Code") != "ResourceInUseException":
            raise translate(error, operation="CreateTable", is_write=False) from error
        created = False
    _wait(
        lambda: describe_readiness(client, table_name).table == "ACTIVE",
        f"creating {table_name}",
        wait_seconds,
    )
    described: Any = client.describe_table(TableName=table_name)["Table"]
    wrong = differences(described)
    if wrong:
        raise DataLayerError(
            f"table {table_name} exists but is not as declared ({'; '.join(map(str, wrong))})",
            hint="name another table with DYNAMODB_TABLE, or delete this one with: make dynamodb-delete",
        )
    _wait(
        lambda: describe_readiness(client, table_name).ready,
        f"building the indexes of {table_name}",
        wait_seconds,
    )
    _enable_ttl(client, table_name)
    return created


def _enable_ttl(client: BotoClient, table_name: str) -> None:
    ttl = describe_ttl(client, table_name)
    if ttl.wrong is None:
        return
    if ttl.is_on:
        raise DataLayerError(
            f"table {table_name} exists but is not as declared ({ttl.wrong})",
            hint="turn its TTL off, and an hour later run make dynamodb-init again",
        )
    try:
        client.update_time_to_live(
            TableName=table_name, TimeToLiveSpecification={"Enabled": True, "AttributeName": e.TTL}
        )
    except (ClientError, BotoCoreError) as error:
        raise translate(error, operation="UpdateTimeToLive", is_write=False) from error


def delete_table(client: BotoClient, name: str | None = None, *, wait_seconds: float = WAIT_SECONDS) -> bool:
    """Deletes the table with all its data and waits until it is gone; False if there was none."""
    table_name = name or environment().table_name
    try:
        client.delete_table(TableName=table_name)
    except (ClientError, BotoCoreError) as error:
        failure = translate(error, operation="DeleteTable", is_write=False)
        if isinstance(failure, TableMissing):
            return False
        raise failure from error
    _wait(
        lambda: describe_readiness(client, table_name).table == "MISSING",
        f"deleting {table_name}",
        wait_seconds,
    )
    return True
