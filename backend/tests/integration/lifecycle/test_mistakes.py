"""Mistakes around changes that are found before anything is done, and hints that name the right command."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from api.dynamodb.errors import AccessDenied
from lifecycle.history import History
from lifecycle.runner import Runner
from lifecycle.selection import Selection
from tests.integration.examples.readme_commands import World
from tests.integration.lifecycle.test_migrate import states, two_tables
from tests.support.changes import Project
from tests.support.engines import Engine
from tests.support.fault_proxy import Call, Fault, FaultProxy

pytestmark = pytest.mark.any_engine
EVERYTHING = Selection()


@pytest.fixture
def world(engine: Engine, table_name: str, tmp_path: Path) -> World:
    return World(engine, table_name, tmp_path)


def test_a_float_in_a_sample_item_stops_the_change_before_its_table_is_made(
    project: Project, engine: Engine
) -> None:
    project.declare("orders", 'Key("id"), sample_items=({"id": "a"}, {"id": "b", "price": 0.5})')
    project.add("orders", "CreateTable(ORDERS)", "DeleteTable(ORDERS)", tables=["orders"])
    refused = project.script(engine, "migrate")
    assert refused.returncode == 2 and refused.stderr.count("\n") == 1
    assert "price cannot be stored: Float types are not supported" in refused.stderr
    assert project.table("orders") not in engine.client().list_tables()["TableNames"]
    assert project.script(engine, "migrate", "--env", "staging").returncode == 0


@pytest.mark.parametrize(("last", "left"), [(1, ["orders", "logs"]), (2, ["orders"]), (9, [])])
def test_a_rollback_undoes_as_many_changes_as_it_is_told(
    project: Project, engine: Engine, last: int, left: list[str]
) -> None:
    orders, logs = two_tables(project)
    more = project.add("more", 'SetTTL(ORDERS, "x")', "SetTTL(ORDERS, None)", tables=["orders"])
    pending = project.add("pending", 'SetTTL(LOGS, "x")', "SetTTL(LOGS, None)", tables=["logs"])
    for name in (orders, logs, more):
        project.runner(engine).migrate(Selection(target=name))
    done = project.script(engine, "rollback", "--last", str(last), "--yes", "--no-backup")
    assert done.returncode == 0, done.stderr
    applied = [name for name, state in states(project, engine).items() if state == "applied"]
    assert [name.rpartition("_")[2] for name in applied] == left
    assert states(project, engine)[pending] == "pending"


@pytest.mark.parametrize(
    "line",
    [
        "python scripts/run_root_orchestrator_migrations.py check --env staging",
        "python scripts/dynamodb_migrations.py check --changes examples/decision_log/changes --env staging",
        "python scripts/dynamodb_migrations.py check --configs examples/decision_log/table_configs --env staging",
    ],
)
def test_check_of_an_example_names_a_command_that_creates_its_tables_and_no_other(
    world: World, line: str
) -> None:
    world.forget()
    printed = world.run(line, code=1)
    (command,) = re.findall(r"create missing tables with: (.*)", printed)
    assert shlex.split(command)[-2:] == ["--env", "staging"]
    world.run(command)
    try:
        assert world.run(line).count(": as declared") == len(world.tables())
        names = world.engine.client().list_tables()["TableNames"]
        assert world.table_name not in names
    finally:
        world.forget()


def test_check_of_an_example_names_the_script_for_its_differences(world: World) -> None:
    world.forget()
    script = "python scripts/run_root_orchestrator_migrations.py"
    world.run(f"{script} migrate --env staging")
    try:
        world.engine.client().update_time_to_live(
            TableName="staging-request_processing_logs",
            TimeToLiveSpecification={"Enabled": True, "AttributeName": "x"},
        )
        printed = world.run(f"{script} check --env staging", code=1)
        assert f"close the differences with: {script} new NAME --from-diff --env staging" in printed
    finally:
        world.forget()


def test_the_arn_of_a_backup_is_recorded_before_it_is_waited_for(
    on_ministack: Project, ministack: Engine
) -> None:
    project = on_ministack
    _, logs = two_tables(project)
    project.runner(ministack).migrate(EVERYTHING)

    def deny(call: Call) -> Fault | None:
        return Fault.DENY if call.operation == "DescribeBackup" else None

    with FaultProxy(ministack.endpoint_url, deny) as proxy:
        client = Engine(ministack.name, proxy.url).client()
        history = History(client, project.history_table, "dev")
        runner = Runner(client, "dev", project.loaded(), history, project.said.append, lambda tables: None)
        with pytest.raises(AccessDenied, match="dynamodb:DescribeBackup"):
            runner.rollback(EVERYTHING)
    (arn,) = project.history(ministack).read()[logs].backups
    assert ministack.client().describe_backup(BackupArn=arn)["BackupDescription"]
    assert f"backup: {arn}" in project.script(ministack, "status").stdout
