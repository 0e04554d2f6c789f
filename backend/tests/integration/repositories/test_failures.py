"""What a person meets when the table or the engine is not there: typed, bounded, with the next command."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from api.dynamodb.client import DynamoDBClient
from api.dynamodb.errors import DataLayerError, IndexMissing, OutcomeUnknown, TableMissing, Unavailable
from api.dynamodb.metering import meter
from api.dynamodb.repositories import (
    PlanRepository,
    ProblemRepository,
    SearchHistoryRepository,
    UsageLogRepository,
    UserRepository,
)
from api.dynamodb.table_schema import table_declaration
from api.dynamodb.transport import access, factory
from api.dynamodb.transport.http import Transport
from api.dynamodb.transport.retry import SERVICE_POLICY, RetryPolicy
from engines.processes import free_port
from tests.integration.repositories.helpers import a_problem, a_run
from tests.support.engines import REGION, Engine
from tests.support.scripted_server import ScriptedServer, silence

pytestmark = pytest.mark.every_transport

CALLS: dict[str, Callable[[Any], Any]] = {
    "create_user": lambda t: UserRepository(t).create_user({"user_id": 1}),
    "get_user_by_email": lambda t: UserRepository(t).get_user_by_email("a@x.org"),
    "update_user": lambda t: UserRepository(t).update_user(1, {"name": "x"}),
    "get_users": lambda t: UserRepository(t).get_users([1]),
    "list_users": lambda t: UserRepository(t).list_users(),
    "get_plan": lambda t: PlanRepository(t).get_plan(1),
    "create_problem": lambda t: ProblemRepository(t).create_problem(a_problem()),
    "add_test_case": lambda t: ProblemRepository(t).add_test_case(1, {"input": "", "output": ""}),
    "create_history": lambda t: SearchHistoryRepository(t).create_history(a_run()),
    "list_public_timeline": lambda t: SearchHistoryRepository(t).list_public_timeline(),
    "check_rate_limit": lambda t: UsageLogRepository(t).check_rate_limit(1, "hint", 5),
    "log_usage": lambda t: UsageLogRepository(t).log_usage(1, "hint"),
}


@pytest.fixture
def fresh_clients() -> Iterator[None]:
    factory.clear_cache()
    yield
    factory.clear_cache()


@pytest.mark.parametrize("name", CALLS)
def test_a_missing_table_is_named_with_the_command_that_creates_it(
    use_engine: Engine, table_name: str, patient_clients: None, name: str
) -> None:
    with pytest.raises(TableMissing, match=rf"table {table_name} does not exist at .*make dynamodb-init"):
        CALLS[name](DynamoDBClient.get_table())


def test_a_missing_index_is_named_with_the_command_that_creates_it(
    use_engine: Engine, table_name: str, patient_clients: None
) -> None:
    definition = table_declaration(table_name).definition("dev")
    del definition["GlobalSecondaryIndexes"]
    definition["AttributeDefinitions"] = definition["AttributeDefinitions"][:2]
    use_engine.client().create_table(**definition)
    with pytest.raises(IndexMissing, match="make dynamodb-init") as caught:
        SearchHistoryRepository(DynamoDBClient.get_table()).list_public_timeline()
    assert caught.value.code == "ValidationException"


@pytest.mark.parametrize("name", CALLS)
def test_a_dead_endpoint_is_unavailable_and_says_what_to_start(
    use_settings: Callable[..., None], fresh_clients: None, transport: str, name: str
) -> None:
    use_settings(LOCALSTACK_URL=f"http://127.0.0.1:{free_port()}", DYNAMODB_TABLE="t")
    with (
        meter.recording() as recording,
        pytest.raises(Unavailable, match=r"nothing answers at .*make engine"),
    ):
        CALLS[name](DynamoDBClient.get_table())
    assert [call.error for call in recording.calls] == ["Unavailable"]


@pytest.mark.parametrize(("transport", "attempts"), [("lean", 3), ("boto3", 2)], indirect=["transport"])
def test_a_silent_endpoint_is_given_up_after_the_configured_attempts(
    use_settings: Callable[..., None],
    fresh_clients: None,
    monkeypatch: pytest.MonkeyPatch,
    transport: str,
    attempts: int,
) -> None:
    monkeypatch.setattr(
        factory, "SERVICE_POLICY", replace(SERVICE_POLICY, connect_timeout=10.0, read_timeout=0.2, total=60.0)
    )
    monkeypatch.setattr(
        access, "SERVICE_BOUNDS", access.SERVICE_BOUNDS._replace(connect_timeout=10, read_timeout=0.2)
    )
    with ScriptedServer(silence) as server:
        use_settings(LOCALSTACK_URL=server.url, DYNAMODB_TABLE="t")
        users = UserRepository(DynamoDBClient.get_table())
        with meter.recording() as recording, pytest.raises(Unavailable):
            users.get_user(1)
        with meter.recording(recording), pytest.raises(OutcomeUnknown, match="was lost"):
            users.create_user({"user_id": 1})
        for _ in range(2 * attempts):
            assert server.closed.acquire(timeout=10)
        asked = [request.headers["x-amz-target"].rpartition(".")[2] for request in server.received]
    assert asked == ["GetItem"] * attempts + ["TransactWriteItems"] * attempts
    assert [call.retries for call in recording.calls] == [attempts - 1] * 2


def test_every_call_of_the_service_is_bounded(use_settings: Callable[..., None], fresh_clients: None) -> None:
    use_settings(LOCALSTACK_URL="http://127.0.0.1:1", AWS_DEFAULT_REGION=REGION)
    calls: Any = factory.transport_for()
    assert isinstance(calls, Transport)
    assert calls._policy == RetryPolicy(0.25, 0.6, 3, 0.025, 0.4, total=1.8)
    config: Any = DynamoDBClient.get_client().meta.config
    assert config.retries == {"mode": "standard", "total_max_attempts": 2}
    assert (config.connect_timeout, config.read_timeout) == (0.25, 0.6)
    patient: Any = DynamoDBClient.get_client(patient=True).meta.config
    assert patient.retries == {"mode": "standard", "total_max_attempts": 4}


def test_every_failure_is_one_that_callers_can_catch() -> None:
    assert issubclass(TableMissing, DataLayerError)
    assert issubclass(OutcomeUnknown, DataLayerError)
