"""Every policy names real actions and narrow resources, and the service's is what the repositories call."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import botocore.session
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
from lifecycle.infrastructure.grants import ANYTHING, INDEXES, Policy, by_itself
from lifecycle.infrastructure.policies import (
    DASHBOARD,
    DOCUMENTS,
    MIGRATION,
    OPERATOR,
    READER,
    REPOSITORY_OPERATIONS,
    SERVICE,
)
from migration.lease import MIGRATION_PK
from tests.support.engines import Engine
from tests.support.iam import Calls, Need, allows, record, refused
from tests.support.tables import TablePool

TABLE = "policy_calls"
ARN = f"arn:aws:dynamodb:us-east-1:111122223333:table/{TABLE}"
SESSION = botocore.session.get_session()
OPERATIONS = set(SESSION.get_service_model("dynamodb").operation_names)
# Operations without an action of their own name, and an action without an operation
# ("Actions, resources, and condition keys for Amazon DynamoDB", Service Authorization Reference).
WITHOUT_ACTION = {
    "TransactWriteItems", "TransactGetItems", "ExecuteStatement", "BatchExecuteStatement", "ExecuteTransaction",
}  # fmt: skip
KNOWN = {f"dynamodb:{name}" for name in OPERATIONS - WITHOUT_ACTION} | {"dynamodb:ConditionCheckItem"}
KNOWN |= {f"logs:{name}" for name in SESSION.get_service_model("logs").operation_names}
KNOWN |= {f"dynamodb:{name}" for name in SESSION.get_service_model("dynamodbstreams").operation_names}
# S3's actions have the names of operations, but for two.
KNOWN |= {f"s3:{name}" for name in SESSION.get_service_model("s3").operation_names}
KNOWN |= {"s3:ListBucket", "s3:ListBucketMultipartUploads"}
KNOWN |= {f"cloudwatch:{name}" for name in SESSION.get_service_model("cloudwatch").operation_names}
# Those that AWS narrows to no table.
UNSCOPED = {
    "dynamodb:ListBackups", "dynamodb:ListImports", "cloudwatch:GetMetricData", "cloudwatch:GetMetricStatistics",
}  # fmt: skip
READS = {"BatchGetItem", "GetItem", "Query", "Scan", "ListTagsOfResource", "ListBackups"}
# The actions of a transaction's parts.
TRANSACTION_ACTIONS = {
    "Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem", "ConditionCheck": "ConditionCheckItem",
}  # fmt: skip
LIMIT = 6144  # characters of a managed policy, white space aside
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
    arn = ARN.replace(TABLE, table)
    assert queried == {arn, f"{arn}/index/GSI1", f"{arn}/index/GSI2"}


def test_readiness_is_all_that_the_service_asks_beside_the_repositories(
    repositories: Repositories, seen: Calls
) -> None:
    describe_readiness(DynamoDBClient.get_client())
    assert seen.actions == {"dynamodb:DescribeTable"}


def test_the_service_may_neither_scan_nor_administer() -> None:
    document = SERVICE.document(by_itself(TABLE))
    for name in ("Scan", "CreateTable", "UpdateTable", "DeleteTable", "UpdateTimeToLive"):
        assert not allows(document, Need(f"dynamodb:{name}", ARN))
    assert not allows(document, Need("dynamodb:GetItem", ARN + "_other"))
    assert not allows(document, Need("dynamodb:PutItem", f"{ARN}/index/GSI1"))


def test_the_move_writes_single_items_of_its_lease_only() -> None:
    document = MIGRATION.document(by_itself(TABLE))
    assert allows(document, Need("dynamodb:UpdateItem", ARN, frozenset({MIGRATION_PK})))
    assert not allows(document, Need("dynamodb:UpdateItem", ARN, frozenset({"USR#1"})))
    assert not allows(document, Need("dynamodb:PutItem", ARN, frozenset({MIGRATION_PK})))
    assert not allows(document, Need("dynamodb:DeleteTable", ARN))
    assert not allows(document, Need("dynamodb:UpdateTable", ARN))


def test_an_operator_deletes_a_table_only_with_a_second_factor_and_no_backup_ever() -> None:
    (delete,) = [each for each in OPERATOR.statements if "dynamodb:DeleteTable" in each.actions]
    assert delete.actions == ("dynamodb:DeleteTable",)
    assert delete.condition == {
        "Bool": {"aws:MultiFactorAuthPresent": "true"},
        "NumericLessThan": {"aws:MultiFactorAuthAge": "3600"},
    }
    assert not allows(OPERATOR.document(by_itself(TABLE)), Need("dynamodb:DeleteTable", ARN))
    assert all("dynamodb:DeleteBackup" not in policy.actions for policy in DOCUMENTS)


def test_readers_read() -> None:
    for action in READER.actions:
        name = action.partition(":")[2]
        assert name in READS or name.startswith("Describe") or action == "cloudwatch:GetMetricData", action


def test_the_dashboard_reads_no_data_of_people() -> None:
    assert DASHBOARD.actions == {"dynamodb:GetItem", "dynamodb:Query", "dynamodb:Scan"}
    document = DASHBOARD.document(by_itself(TABLE))
    leases = Need("dynamodb:Query", ARN, frozenset({MIGRATION_PK}))
    assert allows(document, leases)
    for action in DASHBOARD.actions:
        assert allows(document, Need(action, ARN.replace(TABLE, "policy_calls_metrics")))
        assert not allows(document, Need(action, ARN, frozenset({"USER#1"})))
    assert not allows(document, Need("dynamodb:Scan", ARN))


@pytest.mark.parametrize("policy", DOCUMENTS, ids=lambda policy: policy.name)
def test_a_policy_names_known_actions_once_and_only_its_own_table(policy: Policy) -> None:
    assert policy.actions <= KNOWN
    granted = [
        (action, resource) for s in policy.statements for action in s.actions for resource in s.resources
    ]
    assert len(set(granted)) == len(granted)
    sids = [statement.sid for statement in policy.statements]
    assert len(set(sids)) == len(sids)
    assert all(sid.isalnum() for sid in sids)
    for statement in policy.statements:
        assert statement.why
        if ANYTHING in statement.resources:
            assert set(statement.actions) <= UNSCOPED
            assert statement.resources == (ANYTHING,)
        else:
            own = (
                "table/{table}",
                "table/{metrics}",
                "s3:::{bucket}",
                "logs:log-group:/aws-dynamodb/imports",
            )
            assert all(resource.startswith(own) for resource in statement.resources)
            assert not set(statement.actions) & UNSCOPED
    assert not any("*" in action for action in policy.actions)


@pytest.mark.parametrize("policy", DOCUMENTS, ids=lambda policy: policy.name)
def test_a_policy_is_no_longer_than_iam_takes(policy: Policy) -> None:
    longest = policy.document(by_itself("t" * 255))
    assert len("".join(json.dumps(longest).split())) <= LIMIT


def test_actions_on_an_index_are_those_that_indexes_have() -> None:
    for policy in DOCUMENTS:
        for statement in policy.statements:
            if INDEXES in statement.resources:
                assert set(statement.actions) <= {
                    "dynamodb:Query", "dynamodb:Scan", "dynamodb:DescribeContributorInsights",
                    "dynamodb:UpdateContributorInsights",
                }  # fmt: skip
