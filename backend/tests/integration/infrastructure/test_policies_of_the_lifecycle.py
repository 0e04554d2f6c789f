"""The operator's policy is what the tools that change the table call, and deleting wants a second factor."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from api.dynamodb.client import DynamoDBClient
from api.dynamodb.control_plane.calls import ACTIONS
from api.dynamodb.control_plane.description import read_settings
from api.dynamodb.table.lease import LeaseHeld
from api.dynamodb.transport import factory
from config.environment import environment
from lifecycle.backups import back_up
from lifecycle.history import History, Record
from lifecycle.infrastructure.grants import HISTORY, Policy, by_itself
from lifecycle.infrastructure.policies import MIGRATION, OPERATOR
from lifecycle.lease import environment_lease, holder_of
from lifecycle.operations import CreateTable, DeleteTable, Operation
from lifecycle.operations.base import Context
from lifecycle.operations.settings import SetProtection, SetRecovery, SetStream, SetTags, SetTTL
from lifecycle.table_configs.algoitny_main import TABLE as DECLARED
from tests.support.engines import Engine
from tests.support.iam import Calls, record, refused

ENV = "prod"


@pytest.fixture
def calls(
    ministack: Engine,
    table_name: str,
    use_settings: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Calls]:
    """The calls from now on, to a table that is not there yet."""
    use_settings(**ministack.settings(table_name))
    factory.clear_cache()
    yield record(monkeypatch)
    factory.clear_cache()


def carry_out(*operations: Operation) -> None:
    """Each as a runner does."""
    context = Context(DynamoDBClient.get_client(patient=True), ENV)
    for operation in operations:
        if not operation.is_done(context):
            operation.carry_out(context)


def write_history() -> None:
    """All that a runner does with its history and its lease."""
    client = DynamoDBClient.get_client(patient=True)
    history = History(client, environment().history_table, ENV)
    History(
        client, environment().history_table, "dev"
    ).prepare()  # made without protection, which it gets now
    history.prepare()
    with environment_lease(client, history) as lease:
        with pytest.raises(LeaseHeld), environment_lease(client, history):
            pass
        holder_of(client, history)
        history.write(
            Record("a_change", "applied", "00", "algoitny", "alice@here", "2026-11-02"), lease.fence
        )
    assert set(history.read()) == {"a_change"}


def on(policy: Policy, resource: str) -> set[str]:
    """The actions that a policy's unconditional statements allow on a resource of the table's."""
    return {
        action
        for statement in policy.statements
        if resource in statement.resources and not statement.condition
        for action in statement.actions
    }


def actions_on(calls: Calls, table: str) -> set[str]:
    return {need.action for need in calls.needs if need.resource.endswith(f"table/{table}")}


@pytest.mark.parametrize("policy", [MIGRATION, OPERATOR], ids=lambda policy: policy.name)
def test_creating_the_table_by_a_change_is_allowed_to_the_move_and_to_an_operator(
    calls: Calls, policy: Policy
) -> None:
    write_history()
    carry_out(CreateTable(DECLARED))
    settings = environment()
    assert refused(policy.document(by_itself(settings.table_name)), calls.needs) == []
    assert actions_on(calls, settings.history_table) == on(policy, HISTORY)
    created = {
        "dynamodb:CreateTable", "dynamodb:TagResource", "dynamodb:DescribeTable", "dynamodb:DescribeTimeToLive",
        "dynamodb:UpdateTimeToLive", "dynamodb:DescribeContinuousBackups", "dynamodb:UpdateContinuousBackups",
    }  # fmt: skip
    assert actions_on(calls, settings.table_name) == created
    init = {action for s in MIGRATION.statements if s.sid in ("Look", "Init") for action in s.actions}
    assert init == created


def test_an_operator_may_change_and_back_up_and_deletes_with_a_second_factor_only(calls: Calls) -> None:
    client = DynamoDBClient.get_client(patient=True)
    name = environment().table_name
    carry_out(CreateTable(DECLARED))
    carry_out(
        SetStream(DECLARED, "KEYS_ONLY"),
        SetTags(DECLARED, {"project": "algoitny"}),
        SetRecovery(DECLARED, False),
        SetTTL(DECLARED, None),
        SetProtection(DECLARED, False),
    )
    assert read_settings(client, name) is not None
    back_up(client, name, lambda: None)
    carry_out(DeleteTable(DECLARED))
    document = OPERATOR.document(by_itself(name))
    assert [need.action for need in refused(document, calls.needs)] == ["dynamodb:DeleteTable"]
    used = {action for action in calls.actions if "Item" not in action}
    changes = next(statement for statement in OPERATOR.statements if statement.sid == "Change")
    assert set(changes.actions) <= used


def test_the_tools_for_indexes_ask_for_no_more_than_an_operator_has() -> None:
    assert set(ACTIONS) <= OPERATOR.actions
