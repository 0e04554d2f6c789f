"""`adopt`: tables of other origin and lost histories are compared with the chain of changes, then recorded."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest

from lifecycle.lease import environment_lease
from lifecycle.selection import Selection
from tests.integration.lifecycle.test_migrate import states
from tests.support.changes import Project
from tests.support.engines import Engine
from tests.support.fault_proxy import FaultProxy
from tests.support.scripts import run_script

EVERYTHING = Selection()
BY_USER = 'IndexConfig("by-user", Key("user"))'
BY_AT = 'IndexConfig("by-at", Key("at", "N"))'
OLD = 'TableConfig(ORDERS.name, Key("id"))'
RENAME = "def rename(item):\n    return None\n"


def chain(project: Project) -> list[str]:
    """A creation, an index, a change of data, an index, a change of data, and another table."""
    project.declare("orders", f'Key("id"), indexes=({BY_USER}, {BY_AT})')
    project.declare("logs", 'Key("id")')
    steps = {
        "create": (f"CreateTable({OLD})", f"DeleteTable({OLD})"),
        "by_user": (f"AddIndex(ORDERS, {BY_USER})", 'DropIndex(ORDERS, "by-user")'),
        "data": ('DataChange("data", ORDERS, rename)', ""),
        "by_at": (f"AddIndex(ORDERS, {BY_AT})", 'DropIndex(ORDERS, "by-at")'),
        "more_data": ('DataChange("more", ORDERS, rename)', ""),
    }
    names: list[str] = []
    for words, (up, down) in steps.items():
        names.append(
            project.add(words, up, down, tables=["orders"], after=names[-1:], group="orders", extra=RENAME)
        )
    return [*names, project.add("logs", "CreateTable(LOGS)", "DeleteTable(LOGS)", tables=["logs"])]


def make_table(project: Project, engine: Engine, *indexes: str) -> None:
    """Makes the table of orders by hand."""
    attributes = {"by-user": ("user", "S"), "by-at": ("at", "N"), "by-x": ("x", "S")}
    request: Any = {
        "TableName": project.table("orders"), "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    }  # fmt: skip
    for index in indexes:
        name, kind = attributes[index]
        request["AttributeDefinitions"].append({"AttributeName": name, "AttributeType": kind})
        request.setdefault("GlobalSecondaryIndexes", []).append(
            {
                "IndexName": index,
                "KeySchema": [{"AttributeName": name, "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
            }
        )
    engine.client().create_table(**request)


def adopt(
    project: Project, engine: Engine, *arguments: str, code: int = 0
) -> subprocess.CompletedProcess[str]:
    done = project.script(engine, "adopt", *arguments)
    assert done.returncode == code, done.stdout + done.stderr
    return done


@pytest.mark.parametrize(("indexes", "recorded"), [((), 1), (("by-user",), 2), (("by-user", "by-at"), 4)])
def test_changes_are_recorded_up_to_the_last_one_whose_effect_the_table_shows(
    project: Project, engine: Engine, indexes: tuple[str, ...], recorded: int
) -> None:
    names = chain(project)
    make_table(project, engine, *indexes)
    dry = adopt(project, engine, "--dry-run")
    assert f"would record {names[0]} as applied" in dry.stdout
    assert project.history(engine).read() == {}
    document = json.loads(adopt(project, engine, "--json").stdout)
    assert document["changes"] == names[:recorded] and document["differences"] == []
    applied = [name for name, state in states(project, engine).items() if state == "applied"]
    assert applied == names[:recorded]
    assert "adopted" in project.script(engine, "status").stdout
    assert project.runner(engine).migrate(EVERYTHING).changes == names[recorded:]
    assert project.script(engine, "check").returncode == 0
    assert adopt(project, engine).stdout.startswith("nothing to record")


def test_a_lost_history_is_rebuilt_from_the_tables(project: Project, engine: Engine) -> None:
    names = chain(project)
    project.runner(engine).migrate(EVERYTHING)
    engine.client().delete_table(TableName=project.history_table)
    adopt(project, engine)
    assert states(project, engine) == {
        name: "pending" if "more_data" in name else "applied" for name in names
    }
    adopt(project, engine, "--target", names[4])  # somebody knows that it ran
    assert set(states(project, engine).values()) == {"applied"}
    record = project.history(engine).read()[names[0]]
    assert (record.adopted, record.steps_done, record.seconds) == (True, 1, 0.0)
    assert project.runner(engine, backups=False).rollback(EVERYTHING).changes == names[::-1]


def test_a_table_that_no_change_makes_is_told_with_its_differences_and_not_recorded(
    project: Project, engine: Engine
) -> None:
    names = chain(project)
    make_table(project, engine, "by-x")
    told = adopt(project, engine, code=1).stdout
    assert f"{project.table('orders')} is not as {names[0]} makes it: by-x: declared none, found x" in told
    assert f"adopt --target {names[0]} --despite-differences" in told
    assert project.history(engine).read() == {}
    refused = project.script(engine, "migrate")
    assert refused.returncode == 2 and "see: adopt" in refused.stderr


def test_a_table_older_than_its_declaration_is_adopted_and_brought_up_to_date(
    project: Project, engine: Engine
) -> None:
    project.declare("orders", f'Key("id"), indexes=({BY_USER}, {BY_AT})')
    create = project.add("create", "CreateTable(ORDERS)", "DeleteTable(ORDERS)", tables=["orders"])
    make_table(project, engine, "by-user")
    told = adopt(project, engine, "--target", create, code=1).stdout
    assert "by-at: declared at, found none" in told
    assert project.history(engine).read() == {}
    adopt(project, engine, "--target", create, "--despite-differences")
    assert states(project, engine) == {create: "applied"}
    assert project.script(engine, "new", "close", "--from-diff").returncode == 0
    assert project.script(engine, "migrate").returncode == 0
    assert project.script(engine, "check").returncode == 0
    # The chain still makes the declared table in a new environment.
    assert "WARNING" not in project.script(engine, "plan").stdout
    assert project.script(engine, "migrate", "--env", "staging").returncode == 0
    assert project.script(engine, "check", "--env", "staging").returncode == 0


def test_a_group_is_adopted_alone(project: Project, engine: Engine) -> None:
    names = chain(project)
    project.runner(engine).migrate(EVERYTHING)
    engine.client().delete_table(TableName=project.history_table)
    adopt(project, engine, "--group", "orders")
    assert states(project, engine)[names[5]] == "pending"


def test_nothing_is_recorded_beside_a_run(project: Project, engine: Engine) -> None:
    chain(project)
    make_table(project, engine)
    history = project.history(engine)
    history.prepare()
    with environment_lease(engine.client(), history):
        refused = adopt(project, engine, code=2)
    assert "is locked by" in refused.stderr and history.read() == {}


def test_a_dry_run_writes_nothing(project: Project, engine: Engine) -> None:
    chain(project)
    make_table(project, engine)
    with FaultProxy(engine.endpoint_url) as proxy:
        done = run_script(
            "dynamodb_migrations", "adopt", "--dry-run", "--changes", str(project.changes),
            settings=project.settings(engine, proxy.url),
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    operations = {call.operation for call in proxy.calls}
    assert operations and not operations & {"CreateTable", "TransactWriteItems", "UpdateItem", "UpdateTable"}


@pytest.mark.parametrize("env", ["dev", "staging"])
def test_the_history_is_protected_outside_dev(project: Project, engine: Engine, env: str) -> None:
    client, name = engine.client(), project.history_table
    project.history(engine, "dev").prepare()
    for _ in range(2):
        project.history(engine, env).prepare()
        table = client.describe_table(TableName=name)["Table"]
        assert bool(table.get("DeletionProtectionEnabled")) is (env != "dev")
        if engine.name == "ministack":
            backups = client.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
            status = backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"]
            assert status == ("DISABLED" if env == "dev" else "ENABLED")
    client.update_table(TableName=name, DeletionProtectionEnabled=False)
    client.delete_table(TableName=name)
    project.history(engine, env).prepare()
    table = client.describe_table(TableName=name)["Table"]
    assert bool(table.get("DeletionProtectionEnabled")) is (env != "dev")
