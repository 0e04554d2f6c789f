"""Sign-in finds the same user before GSI1 is there, while it is being built, and after it was dropped."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from api.dynamodb.client import DynamoDBClient
from api.dynamodb.control_plane.declaration import IndexConfig, Key
from api.dynamodb.metering import meter
from api.dynamodb.repositories import UserRepository
from api.dynamodb.schema.indexes import GSI1
from api.dynamodb.table.index_state import index_state
from api.dynamodb.table_schema import table_declaration
from lifecycle.online import build_index, drop_index
from lifecycle.table_configs.algoitny_main import TABLE
from tests.support.engines import Engine

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

pytestmark = pytest.mark.every_transport

SIGN_IN = IndexConfig(GSI1.name, Key(GSI1.pk), Key(GSI1.sk))


@pytest.fixture
def bare_table(use_engine: Engine, table_name: str, patient_clients: None) -> Iterator[Table]:
    """The service's table without any index."""
    definition = table_declaration(table_name).definition("dev")
    del definition["GlobalSecondaryIndexes"]
    definition["AttributeDefinitions"] = definition["AttributeDefinitions"][:2]
    client = use_engine.client()
    client.create_table(**definition)
    index_state.cache_clear()
    yield DynamoDBClient.get_table()
    index_state.cache_clear()
    client.delete_table(TableName=table_name)


def asked(users: UserRepository) -> tuple[Any, list[str]]:
    with meter.recording() as recording:
        found = users.get_user_by_email("Alice@x.org")
    return found, [call.operation for call in recording.calls]


def test_sign_in_works_before_while_and_after(
    bare_table: Table, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.WARNING, logger="api.dynamodb.table.index_state")
    users = UserRepository(bare_table)
    alice = users.create_user({"user_id": 1, "email": "alice@x.org"})
    assert asked(users) == (alice, ["Query", "GetItem", "GetItem"])
    # Each request may make a repository of its own: what one learned, all know.
    assert asked(UserRepository(bare_table)) == (alice, ["GetItem", "GetItem"])
    assert UserRepository(bare_table).get_user_by_email("nobody@x.org") is None

    client = DynamoDBClient.get_client(patient=True)
    build_index(client, bare_table.name, TABLE, SIGN_IN, progress=lambda line: None)
    users._indexes._refused.clear()  # the seconds have passed
    assert asked(users) == (alice, ["Query"])

    drop_index(client, bare_table.name, GSI1.name, progress=lambda line: None)
    assert asked(users) == (alice, ["Query", "GetItem", "GetItem"])
    assert ["reading without it" in line for line in caplog.messages] == [True, False, True]
