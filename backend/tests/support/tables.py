"""Empty service tables for tests, used again: emptying a table takes a tenth of the time of making one."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

from api.dynamodb.control_plane.description import describe_table
from api.dynamodb.errors import TableMissing, Unavailable
from api.dynamodb.schema.entities import PK, SK
from api.dynamodb.table.audit_entries import marked_months
from api.dynamodb.table.index_state import index_state
from api.dynamodb.table.write_permit import shared_permit
from api.dynamodb.table_schema import check_table, create_table
from api.dynamodb.transport import access
from api.dynamodb.transport.http import Transport
from api.dynamodb.transport.retry import BULK_POLICY
from api.dynamodb.usage_limits.denial_cache import denial_cache
from tests.support.engines import Engine
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

_BATCH = 25  # BatchWriteItem takes no more


@cache
def transport_to(engine: Engine) -> Transport:
    """A transport to an engine: its calls take a third of the CPU of boto3's."""
    address = access.access_of(engine.client())
    return Transport(address.endpoint_url, address.region, address.credentials, BULK_POLICY)


def scan_items(engine: Engine, name: str, **request: Any) -> list[dict[str, Any]]:
    """All items of a table in wire form."""
    items: list[dict[str, Any]] = []
    request |= {"TableName": name, "ConsistentRead": True}
    while True:
        page = transport_to(engine).call("Scan", dict(request))
        items += page["Items"]
        if not page.get("LastEvaluatedKey"):
            return items
        request["ExclusiveStartKey"] = page["LastEvaluatedKey"]


def put_items(engine: Engine, name: str, items: Sequence[dict[str, Any]]) -> None:
    """Stores items in wire form."""
    _write(engine, name, [{"PutRequest": {"Item": item}} for item in items])


def _write(engine: Engine, name: str, requests: Sequence[dict[str, Any]]) -> None:
    for start in range(0, len(requests), _BATCH):
        request = {"RequestItems": {name: requests[start : start + _BATCH]}}
        assert not transport_to(engine).call("BatchWriteItem", request).get("UnprocessedItems")


def _delete_items(engine: Engine, name: str) -> None:
    names = {"#pk": PK, "#sk": SK}
    keys = scan_items(engine, name, ProjectionExpression="#pk, #sk", ExpressionAttributeNames=names)
    _write(engine, name, [{"DeleteRequest": {"Key": key}} for key in keys])


def _forget_tables() -> None:
    """Drops what this process has cached by table name: denials, sign-in attempts, plans, index states, permits."""
    # The service needs Django's settings, which the torture tests' processes do not have.
    from api.accounts import attempt_limits
    from api.limits.limiter import forget as forget_limiters

    denial_cache.cache_clear()
    marked_months.cache_clear()
    index_state.cache_clear()
    shared_permit.cache_clear()
    attempt_limits.forget()
    forget_limiters()


def settle_indexes(client: DynamoDBClient, name: str) -> None:
    """Waits until no index of a table is being built or dropped. Raises `TableMissing`.

    DynamoDB Local 2.6 keeps the name of an index's job whose table was deleted meanwhile, and starts no other job of
    that table's and index's name: the index of the next table so named stays CREATING for ever.
    """

    def are_active() -> bool:
        try:
            return all(index.is_active for index in describe_table(client, name).indexes.values())
        except Unavailable:  # it cannot describe a table whose index it is changing at this moment
            return False

    wait_until(are_active, f"settling the indexes of {name}")


class TablePool:
    """The service's tables on the engines of this process: each is one test's at a time, and empty when it starts.

    A test that changes or deletes its table may do so: a table that is no longer as declared is not used again.
    """

    def __init__(self) -> None:
        self._free: dict[str, list[str]] = {}

    def take(self, engine: Engine) -> str:
        """The name of an empty table with all its indexes and its TTL."""
        _forget_tables()
        client = engine.client()
        free = self._free.setdefault(engine.endpoint_url, [])
        while free:
            name = free.pop()
            # What a test before left running may still write.
            request = {"TableName": name, "ConsistentRead": True, "Limit": 1}
            if not transport_to(engine).call("Scan", request)["Items"]:
                return name
            client.delete_table(TableName=name)
        name = f"algoitny_test_{secrets.token_hex(6)}"
        create_table(client, name)
        return name

    def put_back(self, engine: Engine, name: str) -> None:
        """Empties a table for the next test; deletes it if it is not as declared."""
        client = engine.client()
        try:
            differences = check_table(client, name)
        except TableMissing:
            return
        table: Any = client.describe_table(TableName=name)["Table"]
        is_changing = any(one["IndexStatus"] != "ACTIVE" for one in table.get("GlobalSecondaryIndexes", ()))
        # A stream is nobody's declaration, and keeps what earlier tests wrote.
        if differences or is_changing or "StreamSpecification" in table:
            settle_indexes(client, name)
            client.delete_table(TableName=name)
            return
        _delete_items(engine, name)
        self._free[engine.endpoint_url].append(name)


@pytest.fixture(scope="session")
def table_pool() -> TablePool:
    """The tables that the tests of this process take turns with."""
    return TablePool()
