"""What the first page reads of eight processes, in units as DynamoDB Local counts them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from api.dynamodb.control_plane.creation import create_table
from api.dynamodb.table_schema import METRICS_TABLE
from api.dynamodb.transport.http import Transport
from config.environment import environment
from dashboard import demo
from dashboard.client import ReadOnlyClient
from dashboard.reading import Range, Reader
from dashboard.targets import Target
from metrics.items import KINDS
from tests.support.engines import Engine

NOW = datetime(2026, 11, 30, 9, 59, tzinfo=UTC)  # the most minutes of the present hour
PROCESSES = tuple(f"web-{host}-{worker}-demo" for host in (1, 2) for worker in (101, 102, 103, 104))
BATCH = 25


@pytest.fixture
def filled(
    dynamodb_local: Engine,
    table_name: str,
    use_settings: Callable[..., None],
) -> Iterator[str]:
    """A table of metrics with two days of eight processes."""
    use_settings(**dynamodb_local.settings(table_name))
    name = environment().metrics_table
    create_table(dynamodb_local.client(), METRICS_TABLE, "dev", seconds=60)
    generated = demo.DemoClient(NOW, processes=PROCESSES, days=3, minutes=60)
    # By the present clock some would expire while they are read.
    puts = [
        {"PutRequest": {"Item": item | {"ttl": {"N": "4102444800"}}}}
        for item in generated.items(demo.METRICS)
    ]
    transport = Transport.of_environment()
    for start in range(0, len(puts), BATCH):
        transport.call("BatchWriteItem", {"RequestItems": {name: puts[start : start + BATCH]}})
    yield name
    dynamodb_local.client().delete_table(TableName=name)


def test_26_the_first_page_of_eight_processes_takes_less_than_200_units(filled: str) -> None:
    client = ReadOnlyClient(Target("dev", environment()))
    reader = Reader(client, filled, "no history", "no table")
    span = Range(NOW.replace(minute=0) - timedelta(days=1), NOW + timedelta(minutes=1))
    current, before = reader.timeline(span, NOW), reader.timeline(span.before, NOW)
    recent: list[Any] = [reader.events(kind, span, 10) for kind in KINDS]
    reader.health()
    assert current.processes == before.processes == set(PROCESSES)
    assert (len(current.points), len(before.points)) == (25, 25)
    assert all(recent)
    assert client.units < 200, client.units
