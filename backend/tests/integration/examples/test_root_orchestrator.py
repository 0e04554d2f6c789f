"""The Root Orchestrator's README, followed from top to bottom, and each of its promises held to."""

from __future__ import annotations

import re
from typing import Any

import pytest

from config.environment import BACKEND_DIR
from examples.root_orchestrator import queries
from examples.root_orchestrator.table_configs import market_intelligence_requests_table as requests
from lifecycle.change_files import load_changes
from tests.integration.examples.readme_commands import World, commands
from tests.support.fault_proxy import Call, Fault, FaultProxy
from tests.support.scripts import finished, run_script

pytestmark = pytest.mark.any_engine

SCRIPT = "python scripts/run_root_orchestrator_migrations.py"
REQUESTS = "migration_20241201_122000_create_market_intelligence_requests_table"
LOGS = "migration_20241201_122100_create_request_processing_logs_table"
SAMPLE = "req_1757412789250_a08ac7ad"
CREATE_REQUESTS, CREATE_LOGS = load_changes([BACKEND_DIR / "examples" / "root_orchestrator" / "changes"])
SAMPLE_REQUESTS = CREATE_REQUESTS.up()[0].config.sample_items
SAMPLE_LOGS = CREATE_LOGS.up()[0].config.sample_items


def names(env: str) -> tuple[str, str]:
    """The real names in the order in which a rollback asks for them."""
    return f"{env}-request_processing_logs", f"{env}-market_intelligence_requests"


def rollback(world: World, env: str = "dev", more: str = "", **how: Any) -> str:
    """Rolls back, without a backup where the engine makes none."""
    return world.run(f"{SCRIPT} rollback --env {env} {more}{'' if world.backs_up else ' --no-backup'}", **how)


def test_the_commands_of_its_readme_do_what_it_says_in_its_order(world: World) -> None:
    printed: dict[str, str] = {}
    lines = commands("root_orchestrator")
    for line in lines:
        typed = names("dev") if line.endswith("rollback") else None
        asked = line if world.backs_up or typed is None else f"{line} --no-backup"
        printed[line] = world.run(asked, typed=typed)
    assert len(lines) == 15
    assert [line.split()[2] for line in lines[:4]] == ["plan", "migrate", "status", "rollback"]
    assert "2 changes applied" in printed[f"{SCRIPT} migrate"]
    assert re.findall(r"^applied +(\S+)", printed[f"{SCRIPT} status"], re.MULTILINE) == [REQUESTS, LOGS]
    assert "WARNING: deleting " in printed[f"{SCRIPT} rollback"]
    assert "logs_of_request: 4" in printed["python -m examples.root_orchestrator.queries"]
    assert printed[f"{SCRIPT} check"].count(": as declared") == 2
    assert sorted(world.tables()) == sorted(name for env in ("dev", "staging", "prod") for name in names(env))


def test_one_target_is_made_with_what_it_depends_on_and_nothing_else(world: World) -> None:
    general = "python scripts/dynamodb_migrations.py migrate --changes examples/root_orchestrator/changes"
    world.run(f"{general} --target {REQUESTS}")
    assert world.tables() == [names("dev")[1]]
    assert f"pending   {LOGS}" in world.run(f"{SCRIPT} status")
    world.run(f"{general} --target {LOGS}.py")
    assert sorted(world.tables()) == sorted(names("dev"))


def test_the_tables_are_those_of_the_document(world: World) -> None:
    world.run(f"{SCRIPT} migrate")
    found = {}
    for name in names("dev"):
        described: Any = world.engine.client().describe_table(TableName=name)["Table"]
        types = {one["AttributeName"]: one["AttributeType"] for one in described["AttributeDefinitions"]}
        for index in described["GlobalSecondaryIndexes"]:
            parts = sorted(index["KeySchema"], key=lambda part: str(part["KeyType"]))
            found[index["IndexName"]] = [
                (part["AttributeName"], types[part["AttributeName"]]) for part in parts
            ]
            assert index["IndexStatus"] == "ACTIVE"
    assert found == {
        "user-index": [("user_id", "S"), ("created_at", "S")],
        "project-index": [("project_id", "S"), ("created_at", "S")],
        "status-index": [("status", "S"), ("created_at", "S")],
        "strategy-index": [("processing_strategy", "S"), ("priority", "N")],
        "request-logs-index": [("request_id", "S"), ("timestamp", "S")],
    }


def test_the_six_queries_find_the_sample_data_in_order(world: World) -> None:
    world.run(f"{SCRIPT} migrate")
    client = world.engine.client()

    def found(answer: Any) -> list[str]:
        return [item["request_id"]["S"] for item in answer["Items"]]

    (item,) = [queries.request_by_id(client)["Item"]]
    assert item["config"]["M"]["keywords"]["L"][0] == {"S": "semaglutide"}
    assert item["config"]["M"]["sources"]["L"] and item["config"]["M"]["processing"]["M"]
    assert item["progress"]["M"]["percent"] == {"N": "0"}
    first, second, third, fourth = (str(sample["request_id"]) for sample in SAMPLE_REQUESTS)
    assert first == SAMPLE
    assert found(queries.requests_by_user(client)) == [first, second, third, fourth]
    assert found(queries.requests_by_project(client)) == [third, second, first]
    assert found(queries.pending_requests(client)) == [first, third, fourth]
    # The priorities 10, 9, 5, 1: another order than that of time, and than that of text.
    assert found(queries.requests_by_strategy(client)) == [second, third, first, fourth]
    entries = queries.logs_of_request(client)["Items"]
    assert [entry["level"]["S"] for entry in entries] == ["INFO", "DEBUG", "WARNING", "ERROR"]
    assert [entry["log_id"]["S"] for entry in entries] == [log["log_id"] for log in SAMPLE_LOGS]
    assert all(entry["stage"]["S"] and entry["metadata"]["M"] for entry in entries)
    assert all(entry["request_id"]["S"] == SAMPLE for entry in entries)


def test_the_crud_check_uses_every_index_and_leaves_nothing_behind(world: World) -> None:
    world.run(f"{SCRIPT} migrate --env staging")
    printed = world.run("python -m examples.root_orchestrator.crud --env staging")
    assert printed.count(": ok") == 2 * 3 + 5
    assert all(world.engine.client().scan(TableName=name)["Count"] == 0 for name in names("staging"))
    missing = world.run("python -m examples.root_orchestrator.crud --env prod", code=2)
    assert "error: table prod-market_intelligence_requests does not exist" in missing


def test_the_migration_manager_finds_a_change_by_its_name_alone(world: World) -> None:
    manager = "python migrations/migration_manager.py"
    world.run(f"{manager} migrate --target {REQUESTS}")
    assert world.tables() == [names("dev")[1]]
    status = world.run(f"{manager} status")
    assert f"applied   {REQUESTS}" in status and f"pending   {LOGS}" in status
    world.run(f"{manager} migrate")
    assert f"applied   {LOGS}" in world.run(f"{manager} status")


@pytest.mark.parametrize("env", ["staging", "prod"])
def test_only_dev_gets_sample_data(world: World, env: str) -> None:
    world.run(f"{SCRIPT} migrate --env {env}")
    for name in names(env):
        assert world.engine.client().scan(TableName=name)["Count"] == 0


def test_a_table_that_is_there_is_skipped_and_left_alone(world: World) -> None:
    client = world.engine.client()
    client.create_table(**requests.TABLE.definition("dev"))
    client.put_item(TableName=names("dev")[1], Item={"request_id": {"S": "req_of_somebody"}})
    assert "already done, skipped" in world.run(f"{SCRIPT} migrate")
    assert client.scan(TableName=names("dev")[1])["Count"] == 1
    assert client.scan(TableName=names("dev")[0])["Count"] == len(SAMPLE_LOGS)


def test_a_table_of_that_name_that_is_another_is_refused_with_the_difference(world: World) -> None:
    definition = requests.TABLE.definition("dev")
    definition["GlobalSecondaryIndexes"].pop()
    definition["AttributeDefinitions"] = [
        one
        for one in definition["AttributeDefinitions"]
        if one["AttributeName"] not in ("processing_strategy", "priority")
    ]
    world.engine.client().create_table(**definition)
    line = world.run(f"{SCRIPT} migrate", code=2)
    assert "exists but is not as declared" in line and "strategy-index" in line
    assert world.tables() == [names("dev")[1]]


@pytest.mark.parametrize("env", ["dev", "prod"])
def test_a_rollback_warns_and_wants_the_real_names_typed_logs_first(world: World, env: str) -> None:
    world.run(f"{SCRIPT} migrate --env {env}")
    action = f"deleting {', '.join(names(env))} and all data in them"
    assert f"{action} must be confirmed by typing the name" in rollback(world, env, code=2)
    for wrong in (names(env)[::-1], names("staging"), (names(env)[0], "yes")):
        printed = rollback(world, env, code=2, typed=wrong)
        assert f"WARNING: {action} cannot be undone" in printed
        assert "the name does not match: nothing was changed" in printed
        assert sorted(world.tables()) == sorted(names(env))
    printed = rollback(world, env, typed=names(env))
    assert printed.index(f"undone {LOGS}") < printed.index(f"undone {REQUESTS}")
    assert world.tables() == []


def test_a_rollback_leaves_backups_whose_arns_status_shows_or_is_told_to_do_without(world: World) -> None:
    world.run(f"{SCRIPT} migrate")
    if not world.backs_up:
        assert "add --no-backup" in world.run(f"{SCRIPT} rollback --yes", code=2)
        assert sorted(world.tables()) == sorted(names("dev"))
    rollback(world, more="--yes")
    assert world.tables() == []
    status = world.run(f"{SCRIPT} status")
    assert re.findall(r"^undone +(\S+)", status, re.MULTILINE) == [REQUESTS, LOGS]
    assert len(re.findall(r"backup: arn:aws:dynamodb:\S+/backup/", status)) == (2 if world.backs_up else 0)
    assert "2 changes applied" in world.run(f"{SCRIPT} migrate")  # delete and create again
    assert "logs_of_request: 4" in world.run("python -m examples.root_orchestrator.queries")


ADD_INDEX = "python scripts/add_gsi.py us-east-1 --env dev --table market_intelligence_requests"


@pytest.mark.parametrize(
    ("action", "table", "line"),
    [
        ("CreateTable", "request_processing_logs", f"{SCRIPT} migrate"),
        ("DescribeTable", "request_processing_logs", f"{SCRIPT} migrate"),
        ("PutItem", "request_processing_logs", f"{SCRIPT} migrate"),
        ("Query", "history", f"{SCRIPT} status"),
        ("GetItem", "history", f"{SCRIPT} status"),
        ("DeleteTable", "market_intelligence_requests", f"{SCRIPT} rollback --yes --no-backup"),
        ("CreateBackup", "request_processing_logs", f"{SCRIPT} rollback --yes"),
        ("Scan", "market_intelligence_requests", ADD_INDEX),
    ],
)
def test_a_missing_permission_is_named_with_its_iam_action(
    world: World, action: str, table: str, line: str
) -> None:
    def decide(call: Call) -> Fault | None:
        denied = call.operation == action and call.request.get("TableName", "").endswith(table)
        return Fault.DENY if denied else None

    if "migrate" not in line:
        world.run(f"{SCRIPT} migrate")
    with FaultProxy(world.engine.endpoint_url, decide) as proxy:
        world.endpoint_url = proxy.url
        process = world.start(line)
        printed, _ = finished(process)
    assert process.returncode in (1, 2)
    assert f"dynamodb:{action}" in printed and "Traceback" not in printed
    world.endpoint_url = None
    assert world.run(line.replace("--yes", "--yes --no-backup")).strip()  # allowed, it goes on


def test_missing_credentials_are_one_line_with_the_actions_of_its_readme() -> None:
    readme = (BACKEND_DIR / "examples" / "root_orchestrator" / "README.md").read_text()
    named = set(re.findall(r"`dynamodb:(\w+)`", readme))
    assert named >= {"CreateTable", "DeleteTable", "DescribeTable", "PutItem", "GetItem", "Query", "Scan"}
    settings = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}
    refused = run_script("run_root_orchestrator_migrations", "migrate", settings=settings)
    assert refused.returncode == 2 and refused.stderr.count("\n") == 1
    assert all(f"dynamodb:{action}" in refused.stderr for action in named)


def test_its_log_folder_has_what_was_said(world: World) -> None:
    world.run(f"{SCRIPT} migrate")
    (log,) = (world.state / "logs").iterdir()
    assert f"applied {LOGS}" in log.read_text()
