"""What a person meets when the table or the engine is not there: typed, bounded, with the next command."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from api.dynamodb import meter, transports
from api.dynamodb.client import DynamoDBClient
from api.dynamodb.errors import DataLayerError, IndexMissing, OutcomeUnknown, TableMissing, Unavailable
from api.dynamodb.repositories import (
    PlanRepository,
    ProblemRepository,
    SearchHistoryRepository,
    UsageLogRepository,
    UserRepository,
)
from api.dynamodb.table_schema import table_definition
from engines.processes import free_port
from tests.integration.repositories.helpers import a_problem, a_run
from tests.support.engines import REGION, Engine

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
    transports.forget()
    yield
    transports.forget()


@pytest.mark.parametrize("name", CALLS)
def test_a_missing_table_is_named_with_the_command_that_creates_it(
    use_engine: Engine, table_name: str, patient_clients: None, name: str
) -> None:
    with pytest.raises(TableMissing, match=rf"table {table_name} does not exist at .*make dynamodb-init"):
        CALLS[name](DynamoDBClient.get_table())


def test_a_missing_index_is_named_with_the_command_that_creates_it(
    use_engine: Engine, table_name: str, patient_clients: None
) -> None:
    definition = table_definition(table_name)
    del definition["GlobalSecondaryIndexes"]
    definition["AttributeDefinitions"] = definition["AttributeDefinitions"][:2]
    use_engine.client().create_table(**definition)
    with pytest.raises(IndexMissing, match="make dynamodb-init") as caught:
        UserRepository(DynamoDBClient.get_table()).get_user_by_email("a@x.org")
    assert caught.value.code == "ValidationException"


@pytest.mark.parametrize("name", CALLS)
def test_a_dead_endpoint_is_unavailable_and_says_what_to_start(
    use_settings: Callable[..., None], fresh_clients: None, name: str
) -> None:
    use_settings(LOCALSTACK_URL=f"http://127.0.0.1:{free_port()}", DYNAMODB_TABLE="t")
    with (
        meter.recording() as recording,
        pytest.raises(Unavailable, match=r"nothing answers at .*make engine"),
    ):
        CALLS[name](DynamoDBClient.get_table())
    assert [call.error for call in recording.calls] == ["Unavailable"]


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A server that accepts connections and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as server:
        yield server.getsockname()[1]


def test_a_silent_endpoint_is_given_up_after_the_configured_attempts(
    use_settings: Callable[..., None],
    fresh_clients: None,
    silent_port: int,
) -> None:
    use_settings(LOCALSTACK_URL=f"http://127.0.0.1:{silent_port}", DYNAMODB_TABLE="t")
    users = UserRepository(DynamoDBClient.get_table())
    attempts: list[str] = []
    events = DynamoDBClient.get_client().meta.events
    events.register(
        "before-send.dynamodb", lambda request, **_: attempts.append(request.headers["X-Amz-Target"])
    )
    with pytest.raises(Unavailable):
        users.get_user(1)
    assert len(attempts) == 2
    with pytest.raises(OutcomeUnknown, match="was lost"):
        users.create_user({"user_id": 1})
    assert len(attempts) == 4


def test_every_call_of_the_service_is_bounded_by_settings(
    use_settings: Callable[..., None], fresh_clients: None
) -> None:
    use_settings(LOCALSTACK_URL="http://127.0.0.1:1", AWS_DEFAULT_REGION=REGION)
    config: Any = DynamoDBClient.get_client().meta.config
    assert config.retries == {"mode": "standard", "total_max_attempts": 2}
    assert (config.connect_timeout, config.read_timeout) == (0.25, 0.75)
    patient: Any = DynamoDBClient.get_client(patient=True).meta.config
    assert patient.retries == {"mode": "standard", "total_max_attempts": 4}


def test_every_failure_is_one_that_callers_can_catch() -> None:
    assert issubclass(TableMissing, DataLayerError)
    assert issubclass(OutcomeUnknown, DataLayerError)
