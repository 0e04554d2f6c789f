"""`make dynamodb-erase`: deletions that something interrupted are found and finished, by a process that may die too."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from api.dynamodb.client import DynamoDBClient
from api.dynamodb.clock import utc_now
from api.dynamodb.repositories import ErasureRepository
from api.dynamodb.table_schema import create_table, delete_table
from config.environment import BACKEND_DIR
from engines.processes import free_port, start, terminate, wait_until
from scripts.run_demo import service_command
from tests.integration.repositories.account_data import (
    ALICE_ID,
    BOB_ID,
    AccountData,
    all_items,
    belongs_to,
    traces,
)
from tests.integration.repositories.conftest import Clock
from tests.support.engines import Engine
from tests.support.fault_proxy import Call, Fault, FaultProxy
from tests.support.scripts import run_script, script_environment

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table


@pytest.fixture
def engine(ministack: Engine) -> Engine:
    """MiniStack alone: what is deleted is tested on both engines elsewhere."""
    return ministack


@pytest.fixture
def world(use_engine: Engine, table_name: str) -> Iterator[AccountData]:
    """Alice's and Bob's things; Alice's deletion was begun an hour ago, and interrupted."""
    create_table(DynamoDBClient.get_client(patient=True))
    table: Table = boto3.resource("dynamodb", endpoint_url=use_engine.endpoint_url).Table(table_name)
    filled = AccountData(table, Clock(utc_now() - timedelta(hours=1)))
    for user_id in (ALICE_ID, BOB_ID):
        filled.person(user_id)
        filled.runs(user_id)
    ErasureRepository(table, now=filled.clock).begin_erasure(ALICE_ID)
    yield filled
    delete_table(DynamoDBClient.get_client(patient=True))


def erase(
    world: AccountData, engine: Engine, *arguments: str, url: str = ""
) -> subprocess.CompletedProcess[str]:
    settings = engine.settings(world.table.name)
    return run_script(
        "erase_accounts", *arguments, settings=settings | ({"LOCALSTACK_URL": url} if url else {})
    )


def of_bob(world: AccountData) -> list[Any]:
    return [item for item in all_items(world.table) if belongs_to(BOB_ID, item)]


def test_it_shows_what_is_left_and_then_removes_it(world: AccountData, engine: Engine) -> None:
    before, bobs = all_items(world.table), of_bob(world)
    looked = erase(world, engine, "--dry-run")
    assert (looked.returncode, looked.stderr) == (0, "")
    (line,) = looked.stdout.splitlines()
    assert line.startswith(f"user {ALICE_ID}, asked 20")
    assert line.endswith(
        ": left the account, sessions 1, private runs 1, public runs (made anonymous) 1, "
        "days and logs of use 3, notes 1"
    )
    assert all_items(world.table) == before

    done = erase(world, engine, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    (account,) = json.loads(done.stdout)["accounts"]
    assert account["user_id"] == ALICE_ID
    assert account["removed"] == {
        "sessions": 1, "runs": 1, "public_runs": 1, "usage": 3, "notes": 1, "practice": 1, "progress": 1
    }  # fmt: skip
    assert traces(all_items(world.table)) == []
    assert of_bob(world) == bobs

    again = erase(world, engine)
    assert (again.returncode, again.stderr) == (0, "")
    assert again.stdout.startswith("no account deletion is left in")


def test_it_says_which_one_failed_and_finishes_the_others(world: AccountData, engine: Engine) -> None:
    ErasureRepository(world.table, now=world.clock).begin_erasure(BOB_ID)

    def decide(call: Call) -> Fault | None:
        return Fault.DENY if f"USR#{ALICE_ID}#RUN" in json.dumps(call.request) else None

    with FaultProxy(engine.endpoint_url, decide) as proxy:
        done = erase(world, engine, url=proxy.url)
    assert done.returncode == 2
    bob, alice = sorted(done.stdout.splitlines(), key=lambda line: str(ALICE_ID) in line)
    assert ": deleted the account, sessions 1, private runs 1, " in bob
    assert ": not finished, " in alice
    assert of_bob(world) == []
    assert erase(world, engine).returncode == 0
    assert traces(all_items(world.table)) == []


def test_a_table_that_is_not_there_is_told_in_one_line(use_engine: Engine, table_name: str) -> None:
    done = run_script("erase_accounts", settings=use_engine.settings(table_name))
    assert done.returncode == 2
    assert done.stderr.startswith("error: ")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("number", [3, 9, 14, 19, 24])
def test_killed_behind_a_call_the_next_run_ends_it(world: AccountData, engine: Engine, number: int) -> None:
    started = threading.Event()
    seen: list[str] = []
    killed: list[subprocess.Popen[bytes]] = []

    def answered(call: Call) -> None:
        seen.append(call.operation)
        if len(seen) == number:
            started.wait(30)
            os.kill(killed[0].pid, signal.SIGKILL)

    bobs = of_bob(world)
    with FaultProxy(engine.endpoint_url, answered=answered) as proxy:
        settings = {**engine.settings(world.table.name), "LOCALSTACK_URL": proxy.url}
        killed.append(
            subprocess.Popen(
                [sys.executable, "scripts/erase_accounts.py"], cwd=BACKEND_DIR,
                env=script_environment(settings), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )
        )  # fmt: skip
        started.set()
        assert killed[0].wait(60) == -signal.SIGKILL
    assert len(seen) >= number
    assert erase(world, engine).returncode == 0
    assert traces(all_items(world.table)) == []
    assert of_bob(world) == bobs


def test_the_service_finishes_it_by_itself_when_it_starts(
    world: AccountData, engine: Engine, tmp_path: Path
) -> None:
    bobs, log = of_bob(world), tmp_path / "service.log"
    environment = script_environment(
        {**engine.settings(world.table.name), "DJANGO_DEBUG": "1", "DJANGO_SECRET_KEY": "x" * 50}
    )
    process = start(
        [sys.executable, *service_command(free_port())], cwd=BACKEND_DIR, env=environment, log=log
    )
    try:
        wait_until(
            lambda: traces(all_items(world.table)) == [], process, name="the service", log=log, seconds=60
        )
    finally:
        terminate(process, seconds=20)
    assert of_bob(world) == bobs
