"""The service's policy allows what the repositories call, and nothing else: every access pattern is run."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from api.dynamodb.client import DynamoDBClient
from api.dynamodb.clock import frozen
from api.dynamodb.repositories import AuditNote
from api.dynamodb.table.store import Store
from api.dynamodb.table_schema import describe_readiness
from api.dynamodb.transport.factory import transport_for
from config.environment import environment
from design.patterns import BY_NAME, PATTERNS
from design.repositories import Repositories
from design.typical_table import NOW, typical_items
from lifecycle.infrastructure.grants import by_itself
from lifecycle.infrastructure.policies import REPOSITORY_OPERATIONS, SERVICE
from tests.support.engines import Engine
from tests.support.iam import Calls, record, refused
from tests.support.tables import TablePool

# The actions of a transaction's parts.
TRANSACTION_ACTIONS = {
    "Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem", "ConditionCheck": "ConditionCheckItem",
}  # fmt: skip
# These change what other patterns find, so they are run last, in this order.
_LAST = (
    "close an account",
    "sign out everywhere",
    "delete a public run",
    "delete a test case",
    "replace 25 test cases",
    "10 more test cases",
    "change a title, retire a problem",
)
IN_ORDER = [
    *(pattern for pattern in PATTERNS if pattern.name not in _LAST),
    *(BY_NAME[name] for name in _LAST),
]


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> Calls:
    """The calls of a test: recorded from before its repositories are built, which keep their way to the engine."""
    return record(monkeypatch)


@pytest.fixture
def repositories(
    ministack: Engine, table_pool: TablePool, use_settings: Callable[..., None], seen: Calls
) -> Iterator[Repositories]:
    """The repositories on a table with the typical items, at the moment of the recorded calls."""
    name = table_pool.take(ministack)
    use_settings(**ministack.settings(name), ALGOITNY_ENVIRONMENT="dev")
    with frozen(NOW):
        assert Store(transport_for(), name).batch_write(puts=typical_items().values(), entity="typical") == []
        repositories = Repositories.built(lambda repository_class: repository_class())
        repositories.audit.record_audit(AuditNote(1, "mark"), "this month", {})
        seen.made.clear()
        yield repositories
    table_pool.put_back(ministack, name)


def test_the_service_may_do_what_the_repositories_call_and_nothing_else(
    repositories: Repositories, seen: Calls
) -> None:
    """Every access pattern of the design document is run; each repository method has one."""
    for pattern in IN_ORDER:
        pattern.run(repositories)
    assert seen.operations == set(REPOSITORY_OPERATIONS)
    table = environment().table_name
    assert refused(SERVICE.document(by_itself(table)), seen.needs) == []
    assert seen.actions == SERVICE.actions - {"dynamodb:DescribeTable"}
    parts = {kind for _, request in seen.made for item in request.get("TransactItems", ()) for kind in item}
    assert parts == set(TRANSACTION_ACTIONS)
    queried = {need.resource for need in seen.needs if need.action == "dynamodb:Query"}
    arn = f"arn:aws:dynamodb:us-east-1:111122223333:table/{table}"
    assert queried == {arn, f"{arn}/index/GSI1", f"{arn}/index/GSI2"}


def test_readiness_is_all_that_the_service_asks_beside_the_repositories(
    repositories: Repositories, seen: Calls
) -> None:
    describe_readiness(DynamoDBClient.get_client())
    assert seen.actions == {"dynamodb:DescribeTable"}
