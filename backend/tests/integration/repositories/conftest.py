"""Fixtures of the repositories' tests: a fresh table on each engine by each transport, a clock, and a small cast.

Alice owns things, Bob may see what is public, Charlie must see nothing of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from api.dynamodb.repositories import (
    ErasureRepository,
    PlanRepository,
    ProblemRepository,
    ProgressRepository,
    SearchHistoryRepository,
    UsageLogRepository,
    UserRepository,
)
from api.dynamodb.schema.keys import PROBLEM_CHANGES
from api.dynamodb.transport import factory
from tests.support.deadlines import extend_deadlines
from tests.support.engines import Engine
from tests.support.fault_proxy import Call, Fault, FaultProxy
from tests.support.tables import TablePool
from tests.support.torture import is_full

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

    from tests.integration.repositories.account_data import AccountData

ALICE, BOB, CHARLIE = 1, 2, 3


@dataclass
class Clock:
    """A moment that moves only when it is told to."""

    # Far ahead: DynamoDB Local removes an item whose TTL is past by its own clock.
    moment: datetime = field(default_factory=lambda: datetime(2036, 11, 21, 3, tzinfo=UTC))

    def __call__(self) -> datetime:
        return self.moment

    def advance(self, **duration: float) -> datetime:
        """Moves on by a timedelta's arguments and returns the moment."""
        self.moment += timedelta(**duration)
        return self.moment


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def losing(use_engine: Engine, use_settings: Callable[..., None]) -> Iterator[FaultProxy]:
    """The service's way leads through a proxy that loses the answer to each kind of write once."""
    lost: set[str] = set()

    def lose(call: Call) -> Fault | None:
        if call.operation in ("PutItem", "UpdateItem") and call.operation not in lost:
            lost.add(call.operation)
            return Fault.LOSE_REPLY
        return None

    factory.clear_cache()
    with FaultProxy(use_engine.endpoint_url, decide=lose) as proxy:
        use_settings(LOCALSTACK_URL=proxy.url)
        yield proxy
    factory.clear_cache()


TRANSPORTS = ("lean", "boto3")
TRANSPORT_ON = {"dynamodb-local": "lean", "ministack": "boto3"}


@pytest.hookimpl(tryfirst=True)
def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Runs a test by each transport if it has no engine, is marked `every_transport`, or with `--torture`."""
    marks = list(metafunc.definition.iter_markers())
    if "transport" not in metafunc.fixturenames or any(
        mark.name == "parametrize" and "transport" in mark.args[0] for mark in marks
    ):
        return
    by_each = any(mark.name == "every_transport" for mark in marks) or is_full(metafunc.config)
    if by_each or "engine" not in metafunc.fixturenames:
        # A mark, unlike `metafunc.parametrize`, goes together with the other parameters of the test.
        metafunc.definition.add_marker(pytest.mark.parametrize("transport", TRANSPORTS, indirect=True))


@pytest.fixture
def transport(request: pytest.FixtureRequest, use_settings: Callable[..., None]) -> str:
    """The transport of the test, which the service is set to.

    A test of a repository runs twice: on DynamoDB Local, the stricter engine, by the service's own transport, and on
    MiniStack by boto3. A test marked `every_transport` runs on both engines by both transports: one of failures, of
    cancelled transactions, of races, of cursors or of consumed capacity, in which a transport may differ from the
    other on one engine alone. So does every test with `--torture`.
    """
    given = getattr(request, "param", None)
    name: str = given or TRANSPORT_ON[request.getfixturevalue("engine").name]
    use_settings(DYNAMODB_TRANSPORT=name)
    return name


@pytest.fixture
def use_engine(use_engine: Engine, transport: str) -> Engine:
    """The engine of the test, reached by the transport of the test."""
    return use_engine


@pytest.fixture
def patient_clients(monkeypatch: pytest.MonkeyPatch) -> None:
    """Calls may take as long as a busy machine needs."""
    extend_deadlines(monkeypatch)


_resources: dict[str, Any] = {}


@pytest.fixture
def table(
    use_engine: Engine, table_pool: TablePool, use_settings: Callable[..., None], patient_clients: None
) -> Iterator[Table]:
    """An empty table, which the service is set to."""
    name = table_pool.take(use_engine)
    use_settings(DYNAMODB_TABLE=name)
    if use_engine.endpoint_url not in _resources:
        _resources[use_engine.endpoint_url] = boto3.resource("dynamodb", endpoint_url=use_engine.endpoint_url)
    yield _resources[use_engine.endpoint_url].Table(name)
    table_pool.put_back(use_engine, name)


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
    """The keys of everything in the table, sorted, without the notes of changes of problems.

    They expire a day after the tests' clock, which is past: an engine removes them at any moment.
    """

    def keys() -> list[tuple[str, str]]:
        found: list[tuple[str, str]] = []
        start: dict[str, Any] = {}
        while True:
            page = table.scan(ConsistentRead=True, **start)
            found += [(str(item["PK"]), str(item["SK"])) for item in page["Items"]]
            if "LastEvaluatedKey" not in page:
                return sorted(key for key in found if key[0] != PROBLEM_CHANGES)
            start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}

    return keys


@pytest.fixture
def account_data(table: Table, clock: Clock) -> AccountData:
    """Alice and Bob with one of everything."""
    from tests.integration.repositories.account_data import ALICE_ID, BOB_ID, AccountData

    data = AccountData(table, clock)
    for user_id in (ALICE_ID, BOB_ID):
        data.person(user_id)
        data.runs(user_id)
    return data
