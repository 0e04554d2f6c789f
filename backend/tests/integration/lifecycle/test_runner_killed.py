"""A runner killed with SIGKILL behind each call that it makes: the next run ends in a correct table and history."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path

import pytest

from lifecycle.drift import compare
from lifecycle.lease import is_over
from lifecycle.observed import observe
from lifecycle.selection import Selection
from lifecycle.standing import describe_standing
from tests.integration.lifecycle.conftest import forget
from tests.support.changes import Project
from tests.support.engines import Engine
from tests.support.fault_proxy import Call, FaultProxy
from tests.support.forks import Forks

SAMPLES = ", ".join(f'{{"id": "s{n}", "cents": {n}00}}' for n in range(4))
FILL = """
def dollars(item):
    return item if "dollars" in item else {**item, "dollars": item["cents"] / 100}
"""
# As the tables shall be when all five changes are in force.
ORDERS = (
    'Key("id"), ttl="ttl", stream="NEW_IMAGE", recovery=True, protection=True, tags={"team": "a"}, '
    'billing=Throughput(3, 4), indexes=(IndexConfig("by-cents", Key("cents", "N")),)'
)
MOST_CALLS = 400
# Behind each call on MiniStack; DynamoDB Local takes a second for an index, so behind some of them there.
EVERY = {"ministack": 1, "dynamodb-local": 12}


def five_changes(project: Project) -> list[str]:
    """Two tables, an index, settings of every kind, a change of data."""
    project.declare("orders", f'Key("id"), ttl="old", sample_items=({SAMPLES})')
    project.declare("logs", 'Key("id"), ttl="ttl"')
    orders = project.add("orders", "CreateTable(ORDERS)", "DeleteTable(ORDERS)", tables=["orders"])
    logs = project.add("logs", "CreateTable(LOGS)", "DeleteTable(LOGS)", tables=["logs"])
    index = project.add(
        "index", 'AddIndex(ORDERS, IndexConfig("by-cents", Key("cents", "N")))', 'DropIndex(ORDERS, "by-cents")',
        tables=["orders"], after=[orders],
    )  # fmt: skip
    settings = project.add(
        "settings",
        'SetTTL(ORDERS, "ttl"), SetStream(ORDERS, "NEW_IMAGE"), SetRecovery(ORDERS, True), '
        # (DynamoDB Local 3 forgets the protection when an index is updated after it)
        'SetTags(ORDERS, {"team": "a"}), SetBilling(ORDERS, Throughput(3, 4)), SetProtection(ORDERS, True)',
        "SetBilling(ORDERS, None), SetProtection(ORDERS, False), SetTags(ORDERS, {}), SetRecovery(ORDERS, False), "
        'SetStream(ORDERS, None), SetTTL(ORDERS, "old")',
        tables=["orders"], after=[index],
    )  # fmt: skip
    data = project.add(
        "data", 'DataChange("dollars", ORDERS, dollars, chunk=2)', "", tables=["orders"], after=[settings],
        extra=FILL,
    )  # fmt: skip
    return [orders, logs, index, settings, data]


class KillBehind:
    """Kills a process when the engine has answered its n-th call, before it hears of it."""

    def __init__(self, number: int, how: signal.Signals = signal.SIGKILL) -> None:
        self._number, self._seen, self._how = number, 0, how
        self._lock = threading.Lock()
        self._known = threading.Event()
        self._process = 0
        self.last: str | None = None

    def of(self, process: int) -> None:
        self._process = process
        self._known.set()

    def __call__(self, call: Call) -> None:
        with self._lock:
            self._seen += 1
            if self._seen != self._number:
                return
            self._known.wait(30)
            self.last = call.operation
            os.kill(self._process, self._how)


def killed_run(
    project: Project,
    engine: Engine,
    forks: Forks,
    number: int,
    *command: str,
    how: signal.Signals = signal.SIGKILL,
) -> tuple[int, str | None]:
    """Runs a command that is killed behind its n-th call: its exit code, and that call's operation."""
    kill = KillBehind(number, how)
    with FaultProxy(engine.endpoint_url, answered=kill) as proxy:
        settings = project.settings(engine, proxy.url)
        kill.of(forks.start([*command, "--changes", str(project.changes)], settings, project.path / "out"))
        return forks.wait(), kill.last


def assert_all_is_in_force(project: Project, engine: Engine, names: list[str]) -> None:
    client = engine.client()
    project.declare("orders", ORDERS)
    for table in ("orders", "logs"):
        config = project.config(table)
        observed = observe(client, project.table(table))
        assert compare(config, "dev", observed).differences == []
    items = {item["id"]["S"]: item for item in client.scan(TableName=project.table("orders"))["Items"]}
    assert {key: (item["cents"]["N"], item["dollars"]["N"]) for key, item in items.items()} == {
        f"s{n}": (str(n * 100), str(n)) for n in range(4)
    }
    records = project.history(engine).read()
    assert {name: records[name].status for name in names} == dict.fromkeys(names, "applied")
    assert all(record.steps_done == record.steps and record.ended for record in records.values())
    lease = project.history(engine).lease()  # one killed before it let go left it for the next to take over
    assert lease is None or is_over(lease)


def test_a_migration_killed_behind_any_call_is_finished_by_the_next_run(
    engine: Engine, forks: Forks, tmp_path: Path
) -> None:
    seen: list[str] = []
    for number in range(1, MOST_CALLS, EVERY[engine.name]):
        project = Project(tmp_path)
        names = five_changes(project)
        code, last = killed_run(project, engine, forks, number, "migrate")
        if last is None:
            assert code == 0, (project.path / "out").read_text()
            assert_all_is_in_force(project, engine, names)
            forget(engine, project)
            break
        assert code == -signal.SIGKILL
        seen.append(last)
        states = {one.change.name: one for one in project.runner(engine).stock() if one.change}
        half = [name for name in names if states[name].state == "applying"]
        assert len(half) <= 1
        assert all("half-way" in describe_standing(states[name]) for name in half)
        project.runner(engine).migrate(Selection())
        assert_all_is_in_force(project, engine, names)
        forget(engine, project)
    else:
        pytest.fail(f"it never came to an end: {seen}")
    # Each of these was the last call of a killed runner.
    assert EVERY[engine.name] > 1 or {
        "CreateTable",
        "UpdateTable",
        "UpdateTimeToLive",
        "PutItem",
        "UpdateItem",
        "TransactWriteItems",
    } <= set(seen)


def test_a_rollback_killed_behind_any_call_is_finished_by_the_next_one(
    engine: Engine, forks: Forks, tmp_path: Path
) -> None:
    for number in range(1, MOST_CALLS, 4 + EVERY[engine.name]):
        project = Project(tmp_path)
        names = five_changes(project)
        project.runner(engine).migrate(Selection())
        code, last = killed_run(project, engine, forks, number, "rollback", "--yes", "--no-backup")
        if last is not None:
            assert code == -signal.SIGKILL
            project.runner(engine, backups=False).rollback(Selection())
        there = engine.client().list_tables()["TableNames"]
        assert [name for name in there if project.name in name] == [project.history_table]
        records = project.history(engine).read()
        assert {name: records[name].status for name in names} == dict.fromkeys(names, "undone")
        forget(engine, project)
        if last is None:
            assert code == 0
            return
    pytest.fail("it never came to an end")


@pytest.mark.parametrize("number", [14, 30, 50])
def test_a_migration_that_was_killed_can_be_undone(
    engine: Engine, forks: Forks, tmp_path: Path, number: int
) -> None:
    project = Project(tmp_path)
    five_changes(project)
    code, last = killed_run(project, engine, forks, number, "migrate")
    assert (code, last is not None) == (-signal.SIGKILL, True)
    project.runner(engine, backups=False).rollback(Selection())
    there = engine.client().list_tables()["TableNames"]
    assert [name for name in there if project.name in name] in ([project.history_table], [])
    assert {record.status for record in project.history(engine).read().values()} <= {"undone"}
    forget(engine, project)
