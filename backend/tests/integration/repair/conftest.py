"""Fixtures of the tests of checks and repairs: a table on each engine, and a small world in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import boto3
import pytest

from tests.integration.repair.world import World
from tests.support.deadlines import extend_deadlines
from tests.support.engines import Engine
from tests.support.tables import TablePool

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table


@pytest.fixture
def table(
    use_engine: Engine,
    table_pool: TablePool,
    use_settings: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Table]:
    """An empty table, which the service is set to."""
    extend_deadlines(monkeypatch)
    name = table_pool.take(use_engine)
    use_settings(DYNAMODB_TABLE=name)
    yield boto3.resource("dynamodb", endpoint_url=use_engine.endpoint_url).Table(name)
    table_pool.put_back(use_engine, name)


@pytest.fixture
def world(table: Table) -> World:
    """A table with something of every kind, and nothing wrong."""
    return World(table).fill()
