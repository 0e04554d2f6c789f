"""One move at a time into a table: its lease is an item of the table itself, beside the job's checkpoint."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from api.dynamodb.schema.entities import PK, SK
from api.dynamodb.schema.keys import OPERATIONS_PREFIX
from api.dynamodb.table.lease import Lease, LeaseItem
from api.dynamodb.transport.deadlines import within
from api.dynamodb.transport.http import Transport

# How long one heartbeat and one write may last: together less than a lease without a heartbeat in between.
BEAT_SECONDS = 5.0
SEND_SECONDS = 15.0
MIGRATION_PK = f"{OPERATIONS_PREFIX}migration"


def _key(name: str) -> dict[str, Any]:
    return {PK: {"S": MIGRATION_PK}, SK: {"S": name}}


def job_key() -> dict[str, Any]:
    """The key of the job's checkpoint."""
    return _key("JOB")


def table_lease(transport: Transport, table_name: str) -> Lease:
    """The lease of a table, to hold while a move or a replay writes into it."""

    def call(operation: str, request: dict[str, Any]) -> Any:
        with within(BEAT_SECONDS):
            return transport.call(operation, request)

    return Lease(LeaseItem(call, table_name, _key("LEASE"), f"table {table_name}"), transport.close)


def permit_to_send(lease: Lease) -> Callable[[], None]:
    """A check to make before each write, which then may last `SEND_SECONDS`: waits until the lease lasts for longer.

    It raises `LeaseLost`. So no write of a run arrives after another run may have taken over.
    """
    return partial(lease.check, SEND_SECONDS)
