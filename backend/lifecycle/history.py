"""What was changed, by whom and when, in a DynamoDB table of its own.

It is no part of the data table: the history must outlive the table that a rollback deletes, it tells of
several tables, and whoever may read it needs no right to users' data. One item per environment and change,
one more per environment for the lease. Every write is a transaction with a check that the lease is still
this runner's: a runner that slept and was replaced cannot write over what came after it.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

from api.dynamodb.errors import DataLayerError, TableMissing, TransactionCancelled
from lifecycle.errors import LeaseLost
from lifecycle.online.calls import Busy
from lifecycle.tables import ask, call, describe, wait_active, wait_gone

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient as BotoClient

Status = Literal["applying", "applied", "failed", "undoing", "undone"]
HALF_WAY: tuple[Status, ...] = ("applying", "failed", "undoing")
PK, SK, LEASE_SK = "PK", "SK", "LEASE"
_CHANGE = "CHANGE#"
_CONFLICT = "TransactionConflict"
_TRIES = 12


@dataclass
class Record:
    """What the history says of one change. `steps_done` counts in the direction of `status`.

    `noted` is what the step after those has noted, `backups` the ARNs of the backups made before deletions.
    """

    name: str
    status: Status
    checksum: str
    group: str
    by: str
    began: str
    ended: str | None = None
    seconds: float = 0.0
    steps_done: int = 0
    steps: int = 0
    noted: Mapping[str, Any] = field(default_factory=dict)
    error: str | None = None
    backups: list[str] = field(default_factory=list)


def partition_of(env: str) -> str:
    """The partition key of an environment's items."""
    return f"ENV#{env}"


class History:
    """The history of one environment, in the table that the settings name."""

    def __init__(self, client: BotoClient, table_name: str, env: str) -> None:
        self._client = client
        self.table_name = table_name
        self.env = env

    def prepare(self) -> None:
        """Creates the history's table where it is missing and waits for it. One DescribeTable when it is there."""
        found = describe(self._client, self.table_name)
        if found is not None and found["TableStatus"] in ("ACTIVE", "UPDATING"):
            return
        if found is not None and found["TableStatus"] == "DELETING":
            wait_gone(self._client, self.table_name, _no_lease)
            found = None
        if found is None:
            with suppress(Busy):  # another runner was first
                ask(
                    self._client, "CreateTable", self.table_name, BillingMode="PAY_PER_REQUEST",
                    KeySchema=[{"AttributeName": PK, "KeyType": "HASH"}, {"AttributeName": SK, "KeyType": "RANGE"}],
                    AttributeDefinitions=[{"AttributeName": n, "AttributeType": "S"} for n in (PK, SK)],
                )  # fmt: skip
        wait_active(self._client, self.table_name, _no_lease)

    def read(self) -> dict[str, Record]:
        """Every record by its change's name; none where the table is missing. Consistent; a Query, paged."""
        found: dict[str, Record] = {}
        request: dict[str, Any] = {
            "KeyConditionExpression": "PK = :pk AND begins_with(SK, :change)",
            "ExpressionAttributeValues": {":pk": {"S": partition_of(self.env)}, ":change": {"S": _CHANGE}},
            "ConsistentRead": True,
        }
        while True:
            try:
                page = ask(self._client, "Query", self.table_name, **request)
            except TableMissing:
                return {}
            for item in page["Items"]:
                record = _record(item)
                found[record.name] = record
            if not page.get("LastEvaluatedKey"):
                return found
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def lease(self) -> Any:
        """The lease's item in wire form, None where there is none or it is not held. Consistent; a GetItem."""
        key = {PK: {"S": partition_of(self.env)}, SK: {"S": LEASE_SK}}
        try:
            item = ask(self._client, "GetItem", self.table_name, Key=key, ConsistentRead=True).get("Item")
        except TableMissing:
            return None
        return item if item and "owner" in item else None

    def write(self, record: Record, fence: int) -> None:
        """Writes a record, if the lease still has this fencing token. A transaction: 2 WCU for the lease, 2 a KB.

        Raises `LeaseLost`.
        """
        request = {
            "TransactItems": [
                {
                    "ConditionCheck": {
                        "TableName": self.table_name,
                        "Key": {PK: {"S": partition_of(self.env)}, SK: {"S": LEASE_SK}},
                        "ConditionExpression": "#fence = :fence",
                        "ExpressionAttributeNames": {"#fence": "fence"},
                        "ExpressionAttributeValues": {":fence": {"N": str(fence)}},
                    }
                },
                {"Put": {"TableName": self.table_name, "Item": _item(self.env, record)}},
            ]
        }
        for attempt in range(1, _TRIES + 1):
            try:
                call(self._client, "TransactWriteItems", self.table_name, **request)
                return
            except TransactionCancelled as failure:
                codes = [code for code, _ in failure.reasons]
                if "ConditionalCheckFailed" in codes:
                    raise LeaseLost(
                        f"this run lost its hold on the environment {self.env} to another one and stopped",
                        hint="see who holds it with: status",
                    ) from failure
                # The heartbeat wrote the lease at the same moment.
                if _CONFLICT not in codes or attempt == _TRIES:
                    raise
                time.sleep(random.uniform(0.0, 0.05 * attempt))  # noqa: S311


def _no_lease() -> None:
    """The history's table is waited for before there can be a lease."""


def _item(env: str, record: Record) -> dict[str, Any]:
    serialize = TypeSerializer().serialize
    plain = asdict(record)
    plain["noted"] = json.dumps(plain["noted"], default=_binary)
    plain["seconds"] = str(round(record.seconds, 3))
    plain = {name: value for name, value in plain.items() if value is not None}
    keys = {PK: partition_of(env), SK: f"{_CHANGE}{record.name}"}
    return {name: serialize(value) for name, value in {**keys, **plain}.items()}


def _record(item: Any) -> Record:
    deserialize = TypeDeserializer().deserialize
    plain = {name: deserialize(value) for name, value in item.items()}
    fields: dict[str, Callable[[Any], Any]] = {
        "seconds": float, "steps_done": int, "steps": int, "backups": list,
        "noted": lambda text: json.loads(text, object_hook=_from_binary),
    }  # fmt: skip
    known = {name: plain[name] for name in Record.__dataclass_fields__ if name in plain}
    return Record(**{name: fields.get(name, _same)(value) for name, value in known.items()})


def _same(value: Any) -> Any:
    return value


def _binary(value: Any) -> Any:
    """A binary key in a position, as JSON."""
    if isinstance(value, bytes):
        return {"hex": value.hex()}
    raise DataLayerError(f"{type(value).__name__} cannot be noted in the history")


def _from_binary(value: dict[str, Any]) -> Any:
    return bytes.fromhex(value["hex"]) if set(value) == {"hex"} else value
