"""A runner killed with SIGKILL behind each call that it makes: the next run ends in a correct table and history."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path

import pytest

from api.dynamodb.control_plane.comparison import compare_table
from api.dynamodb.control_plane.description import read_settings
from lifecycle.lease import holder_of
from lifecycle.selection import Selection
from tests.integration.lifecycle.conftest import forget
from tests.support.changes import Project
from tests.support.engines import Engine
from tests.support.fault_proxy import Call, FaultProxy
from tests.support.forks import Fork, start_fork
from tests.support.scripts import script_environment
from tests.support.torture import Sample

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
# With --torture: each call on MiniStack; DynamoDB Local takes a second for an index, so one in twelve there.
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
    """Kills a process when the engine has answered its n-th call (of an operation), before it hears of it."""

    def __init__(
        self, number: int, how: signal.Signals = signal.SIGKILL, operation: str | None = None
    ) -> None:
        self._number, self._seen, self._how, self._operation = number, 0, how, operation
        self._lock = threading.Lock()
        self._known = threading.Event()
        self._process = 0
        self.last: str | None = None

    def of(self, process: int) -> None:
        self._process = process
        self._known.set()

    def __call__(self, call: Call) -> None:
        with self._lock:
            self._seen += self._operation in (None, call.operation)
            if self._seen != self._number or self.last is not None:
                return
            self._known.wait(30)
            self.last = call.operation
            os.kill(self._process, self._how)


def points(sample: Sample, operations: list[str], engine: Engine, every: int) -> list[tuple[int, str]]:
    """The calls to kill behind, out of those of a run that was not killed: the n-th call of an operation.

    A sample has the first call, the last one, and on MiniStack four more of different operations.
    """
    calls = [(operations[: index + 1].count(name), name) for index, name in enumerate(operations)]
    if sample.is_full:
        return calls[::every]
    if engine.name != "ministack":
        return sample.of(calls, between=1)
    names = sample.of(sorted(set(operations)), between=2)
    drawn = [sample.one_of([call for call in calls if call[1] == name]) for name in names]
    return [call for call in calls if call in (calls[0], calls[-1], *drawn)]


def start(project: Project, settings: dict[str, str], *command: str) -> Fork:
    """Starts `dynamodb_migrations.py COMMAND` on a project; what it prints goes to the file `out`."""
    with (project.path / "out").open("w") as out:
        return start_fork(
            "scripts/dynamodb_migrations.py", [*command, "--changes", str(project.changes)],
            script_environment(settings), out.fileno(), out.fileno(),
        )  # fmt: skip


def undisturbed_run(project: Project, engine: Engine, *command: str) -> list[str]:
    """Runs a command to its end; the operations of its calls."""
    with FaultProxy(engine.endpoint_url) as proxy:
        settings = project.settings(engine, proxy.url)
        assert start(project, settings, *command).wait() == 0, (project.path / "out").read_text()
        return [call.operation for call in proxy.calls]


def killed_run(
    project: Project,
    engine: Engine,
    number: int,
    *command: str,
    how: signal.Signals = signal.SIGKILL,
    operation: str | None = None,
) -> tuple[int, str | None]:
    """Runs a command that is killed behind its n-th call: its exit code, and that call's operation."""
    kill = KillBehind(number, how, operation)
    with FaultProxy(engine.endpoint_url, answered=kill) as proxy:
        settings = project.settings(engine, proxy.url)
        process = start(project, settings, *command)
        kill.of(process.pid)
        return process.wait(), kill.last


def assert_all_is_in_force(project: Project, engine: Engine, names: list[str]) -> None:
    client = engine.client()
    project.declare("orders", ORDERS)
    for table in ("orders", "logs"):
        config = project.config(table)
        observed = read_settings(client, project.table(table))
        assert compare_table(config, "dev", observed).differences == []
    items = {item["id"]["S"]: item for item in client.scan(TableName=project.table("orders"))["Items"]}
    assert {key: (item["cents"]["N"], item["dollars"]["N"]) for key, item in items.items()} == {
        f"s{n}": (str(n * 100), str(n)) for n in range(4)
    }
    records = project.history(engine).read()
    assert {name: records[name].status for name in names} == dict.fromkeys(names, "applied")
    assert all(record.steps_done == record.steps and record.ended for record in records.values())
    holder = holder_of(client, project.history(engine))
    assert (
        holder is None or holder.seems_ended()
    )  # one killed before it released its lease left it to its successor


@pytest.mark.sampled
def test_a_migration_killed_behind_any_call_is_finished_by_the_next_run(
    engine: Engine, tmp_path: Path, sample: Sample
) -> None:
    project = Project(tmp_path)
    names = five_changes(project)
    operations = undisturbed_run(project, engine, "migrate")
    assert_all_is_in_force(project, engine, names)
    forget(engine, project)
    seen: list[str] = []
    for number, operation in points(sample, operations, engine, EVERY[engine.name]):
        project = Project(tmp_path)
        names = five_changes(project)
        code, last = killed_run(project, engine, number, "migrate", operation=operation)
        if last is None:  # it waited less than the run before, and so made fewer calls
            assert code == 0, (project.path / "out").read_text()
            assert_all_is_in_force(project, engine, names)
            forget(engine, project)
            continue
        assert code == -signal.SIGKILL
        seen.append(last)
        states = {one.change.name: one for one in project.runner(engine).statuses() if one.change}
        half = [name for name in names if states[name].state == "applying"]
        assert len(half) <= 1
        assert all("half-way" in states[name].advice for name in half)
        project.runner(engine).migrate(Selection())
        assert_all_is_in_force(project, engine, names)
        forget(engine, project)
    # Each of these was the last call of a killed runner.
    creates = {"CreateTable", "UpdateTable", "UpdateTimeToLive"}
    writes = {"PutItem", "UpdateItem", "TransactWriteItems"}
    assert seen
    if sample.is_full and engine.name == "ministack":
        assert creates | writes <= set(seen)


def assert_all_is_undone(project: Project, engine: Engine, names: list[str]) -> None:
    tables = engine.client().list_tables()["TableNames"]
    assert [name for name in tables if project.name in name] == [project.history_table]
    records = project.history(engine).read()
    assert {name: records[name].status for name in names} == dict.fromkeys(names, "undone")


@pytest.mark.sampled
def test_a_rollback_killed_behind_any_call_is_finished_by_the_next_one(
    engine: Engine, tmp_path: Path, sample: Sample
) -> None:
    rollback = ("rollback", "--group", "main", "--yes", "--no-backup")
    project = Project(tmp_path)
    names = five_changes(project)
    project.runner(engine).migrate(Selection())
    operations = undisturbed_run(project, engine, *rollback)
    assert_all_is_undone(project, engine, names)
    forget(engine, project)
    for number, operation in points(sample, operations, engine, 4 + EVERY[engine.name]):
        project = Project(tmp_path)
        names = five_changes(project)
        project.runner(engine).migrate(Selection())
        code, last = killed_run(project, engine, number, *rollback, operation=operation)
        if last is not None:
            assert code == -signal.SIGKILL
            project.runner(engine, backups=False).rollback(Selection())
        assert_all_is_undone(project, engine, names)
        forget(engine, project)


@pytest.mark.parametrize("number", [14, 30, 50])
def test_a_migration_that_was_killed_can_be_undone(engine: Engine, tmp_path: Path, number: int) -> None:
    project = Project(tmp_path)
    five_changes(project)
    code, last = killed_run(project, engine, number, "migrate")
    assert (code, last is not None) == (-signal.SIGKILL, True)
    project.runner(engine, backups=False).rollback(Selection())
    there = engine.client().list_tables()["TableNames"]
    assert [name for name in there if project.name in name] in ([project.history_table], [])
    assert {record.status for record in project.history(engine).read().values()} <= {"undone"}
    forget(engine, project)
