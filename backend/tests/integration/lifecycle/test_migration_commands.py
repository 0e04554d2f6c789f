"""scripts/dynamodb_migrations.py as an operator runs it: reports, exit codes, logs, one clear line for a mistake."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from config.environment import BACKEND_DIR
from lifecycle.selection import Selection
from tests.integration.lifecycle.test_migrate import two_tables
from tests.support.changes import Project
from tests.support.engines import Engine
from tests.support.fault_proxy import Call, Fault, FaultProxy
from tests.support.scripts import finished, run_script, script_environment

# The engine only keeps what is written.
pytestmark = pytest.mark.any_engine

WRITES = {
    "CreateTable", "DeleteTable", "UpdateTable", "UpdateTimeToLive", "PutItem", "UpdateItem", "DeleteItem",
    "BatchWriteItem", "TransactWriteItems", "TagResource", "UntagResource", "CreateBackup",
    "UpdateContinuousBackups",
}  # fmt: skip


def test_a_day_of_an_operator(on_ministack: Project, ministack: Engine) -> None:
    project = on_ministack
    orders, logs = two_tables(project)

    def run(command: str, *arguments: str, code: int = 0) -> str:
        done = project.script(ministack, command, *arguments)
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout

    assert f"pending   {orders}" in run("status")
    planned = run("plan")
    assert (
        f"create table {project.table('orders')} with 1 index, TTL on ttl, 2 sample items: about" in planned
    )
    assert "nothing was changed" in planned
    differs = run("check", code=1)
    assert (
        "table: declared a table, found none" in differs
        and "dynamodb_migrations.py migrate --changes" in differs
    )
    applied = run("migrate")
    assert f"applied {orders} in " in applied and "2 changes applied (dev at http://127.0.0.1:" in applied
    assert "nothing to do" in run("migrate")
    assert run("check").count("as declared") == 2
    ministack.client().delete_table(TableName=project.table("logs"))
    assert f"table {project.table('logs')} is gone: migrate asks, then creates it again" in run("status")
    run("migrate", code=2)
    assert project.table("logs") not in ministack.client().list_tables()["TableNames"]
    run("migrate", "--yes")
    assert "WARNING: tables are deleted" in run("rollback", "--last", "2", "--dry-run")
    assert "2 changes undone" in run("rollback", "--last", "2", "--yes")
    assert "backup: arn:aws:dynamodb:" in run("status")
    log = next((project.path / "state" / "logs").glob("dynamodb-migrations-*.log")).read_text()
    assert f"applying {orders}" in log and f"undone {logs}" in log


def test_every_report_is_one_json_document(on_ministack: Project, ministack: Engine) -> None:
    project = on_ministack
    orders, logs = two_tables(project)

    def run(command: str, *arguments: str, code: int = 0) -> dict[str, object]:
        done = project.script(ministack, command, *arguments, "--json")
        assert done.returncode == code, done.stderr
        found: dict[str, object] = json.loads(done.stdout)
        assert found["environment"] == "staging" and found["history"] == project.history_table
        return found

    at = ("--env", "staging")
    plan = run("plan", *at)["changes"]
    assert isinstance(plan, list) and [one["change"] for one in plan] == [orders, logs]
    names = {
        "step",
        "done",
        "deletes",
        "dollars",
        "dollars_a_month",
        "seconds",
        "billed_by_use",
        "preview",
        "warning",
    }
    assert names == set(plan[0]["steps"][0])
    assert run("check", *at, code=1)["differs"] is True
    assert run("migrate", *at)["changes"] == [orders, logs]
    assert run("check", *at)["differs"] is False
    status = run("status", *at)["changes"]
    assert isinstance(status, list) and {one["state"] for one in status} == {"applied"}
    assert run("unlock", *at, "--owner", "nobody@here")["was"] is None
    assert str(run("new", *at, "words", "--dry-run")["change"]).endswith("_words")
    backups = run("rollback", *at, "--group", "main", "--yes")["backups"]
    assert isinstance(backups, list) and len(backups) == 2


@pytest.mark.parametrize(
    "command",
    [("migrate", "--dry-run"), ("plan",), ("status",), ("check",), ("rollback", "--last", "9", "--dry-run")],
)
@pytest.mark.parametrize("applied", [False, True])
def test_a_dry_run_sends_nothing_that_writes(
    project: Project, engine: Engine, command: tuple[str, ...], applied: bool
) -> None:
    two_tables(project)
    if applied:
        assert project.script(engine, "migrate").returncode == 0
    with FaultProxy(engine.endpoint_url) as proxy:
        done = run_script(
            "dynamodb_migrations", *command, "--changes", str(project.changes),
            settings=project.settings(engine, proxy.url),
        )  # fmt: skip
    assert done.returncode in (0, 1), done.stderr
    sent = {call.operation for call in proxy.calls}
    assert sent and not sent & WRITES


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (("migrate", "--target", "nope"), "there is no change nope: there are: migration_"),
        (("migrate", "--group", "nope"), "there is no group nope: there are: main"),
        (
            ("rollback", "--last", "1"),
            "must be confirmed by typing the name: run it on a terminal, or give --yes",
        ),
        (("rollback",), "was not told which: add --target NAME, --group NAME, or --last N"),
        (("rollback", "--yes", "--dry-run"), "was not told which"),
        (("new", "?!"), "cannot be a change's name: use words such as"),
        (("migrate", "--changes", "/nowhere"), "there is no folder /nowhere"),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(
    on_ministack: Project, ministack: Engine, command: tuple[str, ...], said: str
) -> None:
    two_tables(on_ministack)
    on_ministack.runner(ministack).migrate(Selection())
    before = on_ministack.history(ministack).read()
    done = on_ministack.script(ministack, *command)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1 and done.stderr.startswith("error: ") and said in done.stderr
    assert on_ministack.history(ministack).read() == before


def test_a_new_change_can_be_filled_in_and_run(on_ministack: Project, ministack: Engine) -> None:
    project = on_ministack
    two_tables(project)
    made = json.loads(project.script(ministack, "new", "Add market-index", "--json").stdout)
    assert made["change"].endswith("_add_market_index") and Path(made["path"]).exists()
    assert project.loaded()[-1].up() == () == project.loaded()[-1].down()
    assert project.script(ministack, "migrate").returncode == 0
    ministack.client().update_time_to_live(
        TableName=project.table("orders"), TimeToLiveSpecification={"Enabled": False, "AttributeName": "ttl"}
    )
    assert "new NAME --from-diff" in project.script(ministack, "check").stdout
    made = json.loads(project.script(ministack, "new", "close", "--from-diff", "--json").stdout)
    assert "SetTTL(TABLE)" in made["text"] and "SetTTL(TABLE, None)" in made["text"]
    assert project.script(ministack, "migrate").returncode == 0
    assert project.script(ministack, "check").returncode == 0
    again = project.script(ministack, "new", "more", "--from-diff")
    assert (again.returncode, again.stdout.strip()) == (0, "nothing differs, no change is needed")


def test_a_missing_table_is_left_to_the_change_that_creates_it(
    on_ministack: Project, ministack: Engine
) -> None:
    two_tables(on_ministack)
    done = on_ministack.script(ministack, "new", "close", "--from-diff")
    assert (
        done.returncode == 2 and "is missing, and migration_" in done.stderr and "run migrate" in done.stderr
    )


def test_a_failed_change_ends_with_code_1_and_the_way_on(on_ministack: Project, ministack: Engine) -> None:
    project = on_ministack
    two_tables(project)
    bad = project.add("bad", 'DataChange("bad", ORDERS, lambda item: 1 / 0)', tables=["orders"])
    done = project.script(ministack, "migrate", "--json")
    assert done.returncode == 1
    assert "failed at step 1 of 1" in json.loads(done.stdout)["error"]
    assert f"rollback --target {bad} to undo it" in done.stderr and "Traceback" not in done.stderr
    shown = project.script(ministack, "status").stdout
    assert "half-way, at step 1 of 1 (" in shown
    assert "ZeroDivisionError: division by zero): continue with migrate" in shown
    assert "Traceback" in project.script(ministack, "migrate", "--debug").stderr


@pytest.mark.parametrize(
    ("operation", "said"),
    [
        ("DescribeTable", "allow dynamodb:DescribeTable on table/"),
        ("CreateTable", "allow dynamodb:CreateTable on table/"),
        ("TransactWriteItems", "allow dynamodb:ConditionCheckItem and dynamodb:PutItem on table/"),
    ],
)
def test_a_missing_permission_is_told_with_the_action(
    on_ministack: Project, ministack: Engine, operation: str, said: str
) -> None:
    two_tables(on_ministack)

    def deny(call: Call) -> Fault | None:
        return Fault.DENY if call.operation == operation else None

    with FaultProxy(ministack.endpoint_url, deny) as proxy:
        done = run_script(
            "dynamodb_migrations", "migrate", "--changes", str(on_ministack.changes),
            settings=on_ministack.settings(ministack, proxy.url),
        )  # fmt: skip
    assert done.returncode == 2 and said in done.stderr and done.stderr.count("\n") == 1


def test_missing_credentials_are_told_with_what_is_needed(tmp_path: Path) -> None:
    project = Project(tmp_path)
    two_tables(project)
    settings = {
        "ALGOITNY_ENVIRONMENT": "dev",
        "AWS_ACCESS_KEY_ID": "",
        "AWS_SECRET_ACCESS_KEY": "",
        "ALGOITNY_STATE_DIR": str(tmp_path / "state"),
    }
    done = run_script("dynamodb_migrations", "status", "--changes", str(project.changes), settings=settings)
    assert done.returncode == 2 and done.stderr.count("\n") == 1
    assert "no AWS credentials were found" in done.stderr
    for action in ("CreateTable", "UpdateTable", "CreateBackup", "ConditionCheckItem"):
        assert f"dynamodb:{action}" in done.stderr


def test_an_unknown_environment_in_the_settings_is_refused(tmp_path: Path) -> None:
    done = run_script("dynamodb_migrations", "status", settings={"ALGOITNY_ENVIRONMENT": "live"})
    assert done.returncode == 2
    assert "ALGOITNY_ENVIRONMENT is 'live': set it to one of dev, staging, demo, prod" in done.stderr


@pytest.mark.parametrize(("answers", "code"), [(["{0}", "{1}"], 0), (["{0}", "no"], 2)])
def test_on_a_terminal_each_name_is_typed(
    on_ministack: Project, ministack: Engine, answers: list[str], code: int
) -> None:
    project = on_ministack
    two_tables(project)
    project.runner(ministack).migrate(Selection())
    ours, theirs = pty.openpty()
    command = ["scripts/dynamodb_migrations.py", "rollback", "--last", "2", "--changes", str(project.changes)]
    process = subprocess.Popen(
        [sys.executable, *command],
        cwd=BACKEND_DIR, env=script_environment(project.settings(ministack)), stdin=theirs,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    names = [project.table("logs"), project.table("orders")]
    os.write(ours, "".join(f"{answer.format(*names)}\n" for answer in answers).encode())
    out, err = finished(process)
    os.close(ours)
    os.close(theirs)
    assert process.returncode == code, out + err
    assert f"WARNING: deleting {names[0]}, {names[1]} and all data in them cannot be undone" in err
    there = ministack.client().list_tables()["TableNames"]
    assert [name in there for name in names] == [code != 0] * 2
