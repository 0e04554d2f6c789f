"""Drift: each kind of difference is found, told in words, and closed by the change that `new --from-diff` writes."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from lifecycle import authoring
from lifecycle.drift import Comparison
from lifecycle.errors import BadInput
from lifecycle.files import load_configs
from lifecycle.observed import observe
from lifecycle.planning import check
from lifecycle.selection import Selection
from lifecycle.tables import is_active
from tests.support.changes import Project
from tests.support.engines import Engine

DECLARED = (
    'Key("id"), Key("at", "N"), ttl="ttl", stream="NEW_IMAGE", recovery=True, protection=True, tags={"team": "a"}, '
    'billing=Throughput(3, 4), indexes=(IndexConfig("by-user", Key("user"), Key("at", "N"), ("x", "y")),)'
)
ON_MINISTACK = {"recovery", "tags"}  # DynamoDB Local has neither


def compared(project: Project, engine: Engine) -> Comparison:
    (found,) = check(engine.client(), "dev", [project.config("orders")])
    return found


def still_differs(project: Project, engine: Engine) -> list[str]:
    """The differences that are left; DynamoDB Local 3 forgets a table's protection when an index of it changes."""
    found = compared(project, engine).differences
    return [str(one) for one in found if one.kind != "protection" or engine.name == "ministack"]


def write_fix(project: Project, engine: Engine) -> str:
    """What `new --from-diff` does, in this process; the name of the change."""
    (declared,) = load_configs([project.configs])
    observed = observe(engine.client(), project.table("orders"))
    draft = authoring.closing(0, declared, "dev", compared(project, engine), observed)
    changes = project.loaded()
    name = authoring.name_of("close it", changes)
    authoring.write_new(project.changes / f"{name}.py", authoring.file_text(name, draft, changes, None))
    return name


def start(project: Project, engine: Engine, declared: str = DECLARED) -> None:
    project.declare("orders", declared)
    project.add("orders", "CreateTable(ORDERS)", "DeleteTable(ORDERS)", tables=["orders"])
    project.runner(engine).migrate(Selection())
    assert compared(project, engine).differences == []


def ttl(client: Any, table: str, enabled: bool, attribute: str) -> None:
    client.update_time_to_live(
        TableName=table, TimeToLiveSpecification={"Enabled": enabled, "AttributeName": attribute}
    )


def index(name: str, key: str) -> Any:
    return {
        "IndexName": name, "KeySchema": [{"AttributeName": key, "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "KEYS_ONLY"},
        "ProvisionedThroughput": {"ReadCapacityUnits": 3, "WriteCapacityUnits": 4},
    }  # fmt: skip


def types(**kinds: str) -> Any:
    every = {"id": "S", "at": "N", **kinds}
    return [{"AttributeName": name, "AttributeType": kind} for name, kind in every.items()]


def add(client: Any, table: str, name: str, key: str, **kinds: str) -> None:
    client.update_table(
        TableName=table, AttributeDefinitions=types(**kinds),
        GlobalSecondaryIndexUpdates=[{"Create": index(name, key)}],
    )  # fmt: skip
    while not is_active(client.describe_table(TableName=table)["Table"]):
        time.sleep(0.02)


def drop(client: Any, table: str) -> None:
    client.update_table(TableName=table, GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "by-user"}}])
    while client.describe_table(TableName=table)["Table"].get("GlobalSecondaryIndexes"):
        time.sleep(0.02)


def another(client: Any, table: str) -> None:
    drop(client, table)
    add(client, table, "by-user", "user", user="S")


def arn(client: Any, table: str) -> str:
    return str(client.describe_table(TableName=table)["Table"]["TableArn"])


def provision(client: Any, table: str) -> None:
    client.update_table(
        TableName=table, ProvisionedThroughput={"ReadCapacityUnits": 9, "WriteCapacityUnits": 4}
    )


CASES: dict[str, tuple[Callable[[Any, str], object], str]] = {
    "index": (drop, "by-user: declared user + at, found none"),
    "extra": (lambda c, t: add(c, t, "by-x", "x", x="S", user="S"), "by-x: declared none, found x"),
    "projection": (another, "by-user: projection: declared INCLUDE x y, found KEYS_ONLY"),
    "ttl": (lambda c, t: ttl(c, t, False, "ttl"), "ttl: declared ttl, found none"),
    "stream": (
        lambda c, t: c.update_table(TableName=t, StreamSpecification={"StreamEnabled": False}),
        "stream: declared NEW_IMAGE, found none",
    ),
    "protection": (
        lambda c, t: c.update_table(TableName=t, DeletionProtectionEnabled=False),
        "protection: declared on, found off",
    ),
    "billing": (provision, "billing: declared 3 RCU and 4 WCU, found 9 RCU and 4 WCU"),
    "on demand": (
        lambda c, t: c.update_table(TableName=t, BillingMode="PAY_PER_REQUEST"),
        "billing: declared 3 RCU and 4 WCU, found on demand",
    ),
    "recovery": (
        lambda c, t: c.update_continuous_backups(
            TableName=t, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": False}
        ),
        "recovery: declared on, found off",
    ),
    "tags": (
        lambda c, t: c.tag_resource(ResourceArn=arn(c, t), Tags=[{"Key": "team", "Value": "b"}]),
        "tags: declared team=a, found team=b",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", CASES)
def test_a_difference_is_found_and_closed_by_the_change_that_is_written_for_it(
    project: Project, engine: Engine, kind: str
) -> None:
    if kind in ON_MINISTACK and engine.name != "ministack":
        start(project, engine)
        assert kind in compared(project, engine).unknown
        return
    start(project, engine)
    make, told = CASES[kind]
    make(engine.client(), project.table("orders"))
    drifted = compared(project, engine)
    assert told in [str(one) for one in drifted.differences]
    name = write_fix(project, engine)
    assert project.runner(engine).migrate(Selection()).changes == [name]
    assert still_differs(project, engine) == []
    assert project.runner(engine).rollback(Selection(target=name)).changes == [name]
    assert told in [str(one) for one in compared(project, engine).differences]


def test_several_differences_are_closed_by_one_change(project: Project, engine: Engine) -> None:
    start(project, engine)
    for kind in ("projection", "ttl", "stream", "protection", "billing"):
        CASES[kind][0](engine.client(), project.table("orders"))
    name = write_fix(project, engine)
    assert project.runner(engine).migrate(Selection()).changes == [name]
    assert compared(project, engine).differences == []


@pytest.mark.parametrize(
    ("declared", "told"),
    [
        ('Key("id"), Key("at", "S")', "types: declared at=S, id=S, found at=N, id=S"),
        ('Key("other"), Key("at", "N")', "keys: declared other + at, found id + at"),
    ],
)
def test_what_cannot_be_changed_in_place_is_told_with_the_way_round(
    project: Project, engine: Engine, declared: str, told: str
) -> None:
    start(project, engine, 'Key("id"), Key("at", "N")')
    project.declare("orders", declared)
    assert told in [str(one) for one in compared(project, engine).differences]
    with pytest.raises(BadInput, match="cannot be changed in place: declare a new table"):
        write_fix(project, engine)


def test_a_table_that_is_missing_is_a_difference(project: Project, engine: Engine) -> None:
    project.declare("orders", DECLARED)
    assert [str(one) for one in compared(project, engine).differences] == [
        "table: declared a table, found none"
    ]
    name = write_fix(project, engine)
    assert project.runner(engine).migrate(Selection()).changes == [name]
    assert compared(project, engine).differences == []
    assert project.runner(engine, backups=False).rollback(Selection()).changes == [name]


def test_an_index_that_is_being_built_is_told_with_its_state(
    dynamodb_local_slow_indexes: Engine, tmp_path_factory: pytest.TempPathFactory
) -> None:
    engine, project = dynamodb_local_slow_indexes, Project(tmp_path_factory.mktemp("project"))
    start(project, engine, 'Key("id"), Key("at", "N")')
    project.declare("orders", 'Key("id"), Key("at", "N"), indexes=(IndexConfig("by-x", Key("x")),)')
    name = write_fix(project, engine)
    request = index("by-x", "x")
    request.pop("ProvisionedThroughput")
    request["Projection"] = {"ProjectionType": "ALL"}
    engine.client().update_table(
        TableName=project.table("orders"), AttributeDefinitions=types(x="S"),
        GlobalSecondaryIndexUpdates=[{"Create": request}],
    )  # fmt: skip
    assert "by-x: state: declared ACTIVE, found CREATING" in map(str, compared(project, engine).differences)
    project.runner(engine).migrate(Selection(target=name))  # waits for it
    assert compared(project, engine).differences == []
    for table in (project.table("orders"), project.history_table):
        engine.client().delete_table(TableName=table)
