"""The history of changes: what was changed, by whom and when, in a DynamoDB table of its own.

It is not part of the data table: the history outlives a table that a rollback deletes, covers several tables, and
reading it requires no access to users' data. It has one item per environment and change, and one per environment for
the lease. Every write is a transaction that checks the lease's fencing token, so a runner that was suspended and
replaced cannot overwrite later records.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

from api.dynamodb.control_plane.calls import call, call_table
from api.dynamodb.control_plane.creation import create_table
from api.dynamodb.control_plane.declaration import Key, TableConfig
from api.dynamodb.control_plane.description import find_table, read_recovery
from api.dynamodb.control_plane.settings import set_recovery
from api.dynamodb.control_plane.waiting import wait_until_active
from api.dynamodb.errors import DataLayerError, TableMissing, TransactionCancelled
from api.dynamodb.table.lease import LeaseLost
from api.dynamodb.transport.retry import SERVICE_POLICY, backoff_seconds

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient as BotoClient

Status = Literal["applying", "applied", "failed", "undoing", "undone"]
HALF_WAY: tuple[Status, ...] = ("applying", "failed", "undoing")
PK, SK, LEASE_SK = "PK", "SK", "LEASE"
_UNPROTECTED_ENV = "dev"  # a developer's tables are deleted and created again all the time
_CHANGE_PREFIX = "CHANGE#"
_CONFLICT = "TransactionConflict"
_TRIES = 12


@dataclass
class Record:
    """The history's item of one change; its fields are the names of stored attributes.

    `steps_done` counts in the direction of `status`, `noted` is the checkpoint of the step after those, `backups`
    has the ARNs of the backups made before deletions. `adopted` is whether it was recorded without being carried out.
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
    adopted: bool = False


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
        """Creates the history's table where it is missing and waits for it; outside `dev` it is protected.

        There it has point-in-time recovery and protection against deletion, which an existing table is given.
        One DescribeTable when it exists, and outside `dev` one DescribeContinuousBackups.
        """
        is_protected = self.env != _UNPROTECTED_ENV
        config = TableConfig(
            self.table_name,
            Key(PK),
            Key(SK),
            real_name="{name}",
            recovery=is_protected,
            protection=is_protected,
        )
        table = find_table(self._client, self.table_name)
        if table is None or table.status not in ("ACTIVE", "UPDATING"):
            create_table(self._client, config, self.env)
        elif is_protected:
            if not table.protected:
                call_table(self._client, "UpdateTable", table.name, DeletionProtectionEnabled=True)
                wait_until_active(self._client, table.name)
            if read_recovery(self._client, table.name) is False:
                set_recovery(self._client, table.name, True)

    def read(self) -> dict[str, Record]:
        """Every record by its change's name; empty where the table is missing. A consistent Query, paged."""
        records: dict[str, Record] = {}
        request: dict[str, Any] = {
            "KeyConditionExpression": "PK = :pk AND begins_with(SK, :change)",
            "ExpressionAttributeValues": {
                ":pk": {"S": partition_of(self.env)}, ":change": {"S": _CHANGE_PREFIX},
            },
            "ConsistentRead": True,
        }  # fmt: skip
        while True:
            try:
                page = call_table(self._client, "Query", self.table_name, **request)
            except TableMissing:
                return {}
            for item in page["Items"]:
                record = _record(item)
                records[record.name] = record
            if not page.get("LastEvaluatedKey"):
                return records
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def write(self, record: Record, fence: int) -> None:
        """Writes a record, if the lease still has this fencing token. A transaction: 2 WCU for the lease, 2 per KB.

        Raises `LeaseLost`.
        """
        request: dict[str, Any] = {
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
                        f"this run lost its lease on the environment {self.env} to another one and stopped",
                        hint="see who holds it with: status",
                    ) from failure
                # The heartbeat wrote the lease at the same moment.
                if _CONFLICT not in codes or attempt == _TRIES:
                    raise
                time.sleep(backoff_seconds(attempt, SERVICE_POLICY))


def _item(env: str, record: Record) -> dict[str, Any]:
    serialize = TypeSerializer().serialize
    attributes = asdict(record)
    attributes["noted"] = json.dumps(attributes["noted"], default=_binary)
    attributes["seconds"] = str(round(record.seconds, 3))
    attributes |= {PK: partition_of(env), SK: f"{_CHANGE_PREFIX}{record.name}"}
    return {name: serialize(value) for name, value in attributes.items() if value is not None}


def _record(item: Any) -> Record:
    deserialize = TypeDeserializer().deserialize
    attributes = {name: deserialize(value) for name, value in item.items()}
    convert: dict[str, Callable[[Any], Any]] = {
        "seconds": float, "steps_done": int, "steps": int, "backups": list,
        "noted": lambda text: json.loads(text, object_hook=_from_binary),
    }  # fmt: skip
    names = [name for name in Record.__dataclass_fields__ if name in attributes]
    return Record(
        **{name: convert[name](attributes[name]) if name in convert else attributes[name] for name in names}
    )


def _binary(value: Any) -> Any:
    """A binary key in a checkpoint, as JSON."""
    if isinstance(value, bytes):
        return {"hex": value.hex()}
    raise DataLayerError(f"{type(value).__name__} cannot be stored in a checkpoint")


def _from_binary(value: dict[str, Any]) -> Any:
    """A binary key of a checkpoint; a key attribute that is called `hex` has an object as its value, not a text."""
    content = value.get("hex")
    return bytes.fromhex(content) if len(value) == 1 and isinstance(content, str) else value
