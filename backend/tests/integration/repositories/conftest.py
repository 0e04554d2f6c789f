"""Fixtures of the repositories' tests: a fresh table on each engine by each transport, a clock, and a small cast.

Alice owns things, Bob may see what is public, Charlie must see nothing of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from api.dynamodb import client as client_module
from api.dynamodb import transports
from api.dynamodb.client import DynamoDBClient
from api.dynamodb.repositories import (
    ErasureRepository,
    PlanRepository,
    ProblemRepository,
    ProgressRepository,
    SearchHistoryRepository,
    UsageLogRepository,
    UserRepository,
)
from api.dynamodb.table_schema import create_table, delete_table
from api.dynamodb.transport import SERVICE
from tests.support.engines import Engine

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

ALICE, BOB, CHARLIE = 1, 2, 3


@dataclass
class Clock:
    """A moment that moves only when it is told to."""

    moment: datetime = field(default_factory=lambda: datetime(2026, 11, 21, 3, tzinfo=UTC))

    def __call__(self) -> datetime:
        return self.moment

    def advance(self, **duration: float) -> datetime:
        """Moves on by a timedelta's arguments and returns the moment."""
        self.moment += timedelta(**duration)
        return self.moment


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=["lean", "boto3"])
def transport(request: pytest.FixtureRequest, use_settings: Callable[..., None]) -> str:
    """Each way to DynamoDB in turn, set for one test."""
    name: str = request.param
    use_settings(DYNAMODB_TRANSPORT=name)
    return name


@pytest.fixture
def use_engine(use_engine: Engine, transport: str) -> Engine:
    """The engine of the test, reached by the transport of the test."""
    return use_engine


@pytest.fixture
def patient_clients(monkeypatch: pytest.MonkeyPatch) -> None:
    """Calls may take as long as a busy machine needs; making clients is slow, so tests share them."""
    monkeypatch.setattr(client_module, "SERVICE_BOUNDS", client_module.OPERATOR_BOUNDS)
    slow = replace(SERVICE, connect=2.0, answer=30.0, total=60.0)
    monkeypatch.setattr(transports, "SERVICE", slow)


_resources: dict[str, Any] = {}


@pytest.fixture
def table(use_engine: Engine, table_name: str, patient_clients: None) -> Iterator[Table]:
    """A fresh table."""
    client = DynamoDBClient.get_client(patient=True)
    create_table(client)
    if use_engine.endpoint_url not in _resources:
        _resources[use_engine.endpoint_url] = boto3.resource("dynamodb", endpoint_url=use_engine.endpoint_url)
    yield _resources[use_engine.endpoint_url].Table(table_name)
    delete_table(client)


@pytest.fixture
def users(table: Table, clock: Clock) -> UserRepository:
    return UserRepository(table, now=clock)


@pytest.fixture
def plans(table: Table, clock: Clock) -> PlanRepository:
    return PlanRepository(table, now=clock)


@pytest.fixture
def problems(table: Table, clock: Clock) -> ProblemRepository:
    return ProblemRepository(table, now=clock)


@pytest.fixture
def history(table: Table, clock: Clock) -> SearchHistoryRepository:
    return SearchHistoryRepository(table, now=clock)


@pytest.fixture
def progress(table: Table, clock: Clock) -> ProgressRepository:
    return ProgressRepository(table, now=clock)


@pytest.fixture
def erasures(table: Table, clock: Clock) -> ErasureRepository:
    return ErasureRepository(table, now=clock)


@pytest.fixture
def usage(table: Table, clock: Clock) -> UsageLogRepository:
    return UsageLogRepository(table, now=clock)


@pytest.fixture
def stored(table: Table) -> Callable[[], list[tuple[str, str]]]:
    """The keys of everything in the table, sorted."""

    def keys() -> list[tuple[str, str]]:
        found: list[tuple[str, str]] = []
        start: dict[str, Any] = {}
        while True:
            page = table.scan(ConsistentRead=True, **start)
            found += [(str(item["PK"]), str(item["SK"])) for item in page["Items"]]
            if "LastEvaluatedKey" not in page:
                return sorted(found)
            start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}

    return keys
