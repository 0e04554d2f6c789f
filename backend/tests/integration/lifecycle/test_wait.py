"""`migrate --wait`: another runner's lease is waited for, with progress and a limit, and the run goes on after it."""

from __future__ import annotations

import subprocess
import sys
from functools import partial

import pytest

from api.dynamodb.table.lease import LeaseHeld, owner
from config.environment import BACKEND_DIR
from lifecycle import waiting
from lifecycle.history import Record
from lifecycle.lease import environment_lease, holder_of
from lifecycle.selection import Selection
from lifecycle.waiting import LeaseQueue
from tests.integration.lifecycle.test_migrate import states, two_tables
from tests.integration.lifecycle.test_runner_lease import holder
from tests.support.changes import Project
from tests.support.engines import Engine
from tests.support.scripts import script_environment

# The engine only keeps what is written.
pytestmark = pytest.mark.any_engine

EVERYTHING = Selection()


def queue(project: Project, engine: Engine, seconds: float, said: list[str]) -> LeaseQueue:
    history = project.history(engine)
    return LeaseQueue(partial(holder_of, engine.client(), history), history, said.append, seconds)


def test_a_command_that_waits_says_for_whom_and_goes_on_when_the_other_has_ended(
    project: Project, engine: Engine
) -> None:
    orders, logs = two_tables(project)
    history = project.history(engine)
    history.prepare()
    command = ["scripts/dynamodb_migrations.py", "migrate", "--wait", "--changes", str(project.changes)]
    with environment_lease(engine.client(), history) as lease:
        history.write(Record(orders, "applying", "", "main", "somebody", "now", steps=3), lease.fence)
        process = subprocess.Popen(
            [sys.executable, *command], cwd=BACKEND_DIR, env=script_environment(project.settings(engine)),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith(f"waiting for {owner()} (process "), line
        assert f", applying {orders}, step 1 of 3; for at most " in line and line.endswith(" more\n")
        assert states(project, engine) == {orders: "applying", logs: "pending"}
    printed, _ = process.communicate(timeout=120)
    assert process.returncode == 0, printed
    assert "2 changes applied" in printed
    assert states(project, engine) == {orders: "applied", logs: "applied"}


def test_the_limit_ends_the_wait_with_the_holder_s_name(project: Project, engine: Engine) -> None:
    holder(engine, project)
    with pytest.raises(LeaseHeld, match=r"still locked by eve@elsewhere \(process 1\).* --wait MINUTES"):
        queue(project, engine, 0.0, []).run(lambda: pytest.fail("the run began"))


def test_without_anybody_at_work_nothing_is_waited_for(project: Project, engine: Engine) -> None:
    said: list[str] = []
    assert queue(project, engine, 0.0, said).run(lambda: "done") == "done"
    project.history(engine).prepare()
    assert queue(project, engine, 0.0, said).run(lambda: "done") == "done"
    assert said == []


def test_a_runner_that_was_killed_elsewhere_is_replaced_when_its_heartbeat_stands_still(
    project: Project, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    two_tables(project)
    holder(engine, project)
    for module in (waiting, sys.modules["api.dynamodb.table.lease"]):
        monkeypatch.setattr(module, "LEASE_SECONDS", 1)
    said: list[str] = []
    runner = project.runner(engine)
    outcome = queue(project, engine, 3600.0, said).run(lambda: runner.migrate(EVERYTHING))
    assert len(outcome.changes) == 2
    assert said[0].startswith("waiting for eve@elsewhere (process 1) since 2026; for at most ")


def test_a_lease_that_changed_hands_meanwhile_is_waited_for_again(
    project: Project, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "LOOK_SECONDS", 0.01)
    tries: list[int] = []

    def work() -> str:
        tries.append(len(tries))
        if len(tries) < 3:
            raise LeaseHeld("somebody was faster", None, hint="")
        return "done"

    assert queue(project, engine, 3600.0, []).run(work) == "done"
    assert len(tries) == 3
    with pytest.raises(LeaseHeld, match="still locked by another process after 0 s"):
        tries.clear()
        queue(project, engine, 0.0, []).run(work)
