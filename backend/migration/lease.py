"""One move at a time into a table: its lease is an item of the table itself, beside the job's checkpoint.

A job in parts has a lease for each part beside it. A part takes its own while it holds the table's, and gives that back
once it may begin. So whoever holds the table's lease and finds no live part is alone until it gives the lease back.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from api.dynamodb.errors import OutcomeUnknown, Throttled, Unavailable
from api.dynamodb.schema.entities import PK, SK
from api.dynamodb.schema.keys import OPERATIONS_PREFIX
from api.dynamodb.table.lease import Lease, LeaseItem
from api.dynamodb.transport.deadlines import within
from api.dynamodb.transport.http import Transport
from api.dynamodb.transport.retry import Caller, retry_while
from migration.parts import Part

# How long one heartbeat and one write may last: together less than a lease without a heartbeat in between.
BEAT_SECONDS = 5.0
SEND_SECONDS = 15.0
MIGRATION_PK = f"{OPERATIONS_PREFIX}migration"
LEASE_PREFIX, PART_PREFIX = "LEASE#", "PART#"
TEMPORARY = (Throttled, Unavailable, OutcomeUnknown)


def _key(name: str) -> dict[str, Any]:
    return {PK: {"S": MIGRATION_PK}, SK: {"S": name}}


def job_key() -> dict[str, Any]:
    """The key of the job's checkpoint."""
    return _key("JOB")


def part_key(part: Part) -> dict[str, Any]:
    """The key of a part's checkpoint."""
    return _key(f"{PART_PREFIX}{part.number}")


def table_lease(transport: Transport, table_name: str) -> Lease:
    """The lease of a table, to hold while a move or a replay writes into it."""
    return _lease(transport, table_name, "LEASE", f"table {table_name}")


def part_lease(transport: Transport, table_name: str, part: Part) -> Lease:
    """The lease of a part, to take while the table's is held, and to hold while the part writes."""
    noun = f"{part} of the move into table {table_name}"
    return _lease(transport, table_name, f"{LEASE_PREFIX}{part.number}", noun)


def require_no_live_part(transport: Transport, table_name: str) -> None:
    """Ends the leases of parts whose process has ended; raises `LeaseHeld` for a part that is being moved.

    To call while the table's lease is held. One Query, 0.5 RCU or more, and two UpdateItem for each part that was
    killed.
    """
    for number in sorted(held_parts(transport, table_name)):
        noun = f"part {number} of the move into table {table_name}"
        with _lease(transport, table_name, f"{LEASE_PREFIX}{number}", noun):
            pass


def held_parts(transport: Caller, table_name: str) -> list[int]:
    """The numbers of the parts that a process holds, or held when it was killed. One consistent Query."""
    items = read_operations(transport, table_name, LEASE_PREFIX)
    return [int(item[SK]["S"].removeprefix(LEASE_PREFIX)) for item in items if "token" in item]


def read_operations(transport: Caller, table_name: str, prefix: str) -> list[dict[str, Any]]:
    """The move's own items whose sort key begins with a prefix. Consistent Queries, 1 RCU for each 4 KB.

    A Query, because it is among the calls that a verification may make.
    """
    request: dict[str, Any] = {
        "TableName": table_name, "ConsistentRead": True,
        "KeyConditionExpression": "#pk = :pk AND begins_with(#sk, :sk)",
        "ExpressionAttributeNames": {"#pk": PK, "#sk": SK},
        "ExpressionAttributeValues": {":pk": {"S": MIGRATION_PK}, ":sk": {"S": prefix}},
    }  # fmt: skip
    items: list[dict[str, Any]] = []
    while True:
        response: Any = retry_while(TEMPORARY, lambda: transport.call("Query", request))
        items += response["Items"]
        if not response.get("LastEvaluatedKey"):
            return items
        request["ExclusiveStartKey"] = response["LastEvaluatedKey"]


def _lease(transport: Transport, table_name: str, name: str, noun: str) -> Lease:
    def call(operation: str, request: dict[str, Any]) -> Any:
        with within(BEAT_SECONDS):
            return transport.call(operation, request)

    return Lease(LeaseItem(call, table_name, _key(name), noun), transport.close)


def permit_to_send(lease: Lease) -> Callable[[], None]:
    """A check to make before each write, which then may last `SEND_SECONDS`: waits until the lease lasts for longer.

    It raises `LeaseLost`. So no write of a run arrives after another run may have taken over.
    """
    return partial(lease.check, SEND_SECONDS)
