"""Two runners at once: one works, the other says who does; a hold ends by itself, by its holder's end, or by unlock."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest

from api.dynamodb.table import lease as leases
from api.dynamodb.table.lease import LeaseHeld, LeaseLost, owner
from lifecycle.errors import BadInput
from lifecycle.history import Record
from lifecycle.lease import environment_lease, holder_of, unlock
from lifecycle.selection import Selection
from tests.support.changes import Project
from tests.support.engines import Engine

# The engine only keeps what is written.
pytestmark = pytest.mark.any_engine

WAIT = """
import threading
entered, go_on = threading.Event(), threading.Event()
def held(item):
    entered.set()
    go_on.wait(60)
    return {**item, "seen": True}
"""


def slow_change(project: Project) -> tuple[str, Any]:
    """A change of data that waits to be let on."""
    project.declare("orders", 'Key("id"), sample_items=({"id": "a"},)')
    made = project.add("orders", "CreateTable(ORDERS)", "DeleteTable(ORDERS)", tables=["orders"])
    name = project.add(
        "slow", 'DataChange("slow", ORDERS, held)', tables=["orders"], after=[made], extra=WAIT
    )
    (change,) = [one for one in project.loaded() if one.name == name]
    return name, change


def test_the_second_of_two_runners_says_who_is_at_work_and_changes_nothing(
    project: Project, engine: Engine
) -> None:
    slow_change(project)
    first = project.runner(engine)
    gates = first.changes[1]._up.__globals__
    failures: list[BaseException] = []

    def work() -> None:
        try:
            first.migrate(Selection())
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        assert gates["entered"].wait(30)
        with pytest.raises(LeaseHeld) as refused:
            project.runner(engine).migrate(Selection())
        said = str(refused.value)
        assert f"the environment dev is locked by {owner()} (process " in said
        assert " since 20" in said and f"unlock --owner {owner()}" in said
        assert {one.state for one in project.runner(engine).statuses()} == {"applied", "applying"}
    finally:
        gates["go_on"].set()
        thread.join(60)
    assert failures == []
    assert {one.state for one in project.runner(engine).statuses()} == {"applied"}


def test_a_runner_whose_hold_was_ended_cannot_write_the_history(project: Project, engine: Engine) -> None:
    name, _ = slow_change(project)
    first = project.runner(engine)
    gates = first.changes[1]._up.__globals__
    failures: list[BaseException] = []

    def work() -> None:
        try:
            first.migrate(Selection())
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        assert gates["entered"].wait(30)
        history = project.history(engine)
        with pytest.raises(BadInput, match=f"not by nobody@here: unlock --owner {owner()}"):
            unlock(engine.client(), history, "nobody@here")
        assert owner() in str(unlock(engine.client(), history, owner()))
        assert unlock(engine.client(), history, owner()) is None
        with environment_lease(engine.client(), history) as lease:
            history.write(Record(name, "applying", "another", "main", "another", "now", steps=1), lease.fence)
            gates["go_on"].set()
            thread.join(60)
    finally:
        gates["go_on"].set()
    (failure,) = failures
    assert isinstance(failure, LeaseLost) and "lost its lease" in str(failure)
    assert project.history(engine).read()[name].by == "another"


def holder(engine: Engine, project: Project, **fields: dict[str, str]) -> None:
    """Writes the lease of a runner elsewhere."""
    history = project.history(engine)
    history.prepare()
    item: dict[str, Any] = {
        "PK": {"S": "ENV#dev"}, "SK": {"S": "LEASE"}, "token": {"S": "x"}, "owner": {"S": "eve@elsewhere"},
        "host": {"S": "elsewhere/1/2"}, "pid": {"N": "1"}, "started": {"S": ""}, "since": {"S": "2026"},
        "until": {"N": str(int(time.time()) + 1000)}, "fence": {"N": "7"}, **fields,
    }  # fmt: skip
    engine.client().put_item(TableName=project.history_table, Item=item)


@pytest.mark.parametrize("seconds_ahead", [-100_000, 100_000])
def test_a_hold_of_another_host_ends_when_its_heartbeat_stands_still_whatever_its_clock_says(
    project: Project, engine: Engine, monkeypatch: pytest.MonkeyPatch, seconds_ahead: int
) -> None:
    until = int(time.time()) + seconds_ahead
    holder(engine, project, until={"N": str(until)})
    with monkeypatch.context() as patch:

        def beat(seconds: float) -> None:
            holder(engine, project, until={"N": str(until + 8)})

        patch.setattr(time, "sleep", beat)
        with pytest.raises(LeaseHeld, match=r"eve@elsewhere \(process 1\) since 2026"):
            environment_lease(engine.client(), project.history(engine)).__enter__()
    monkeypatch.setattr(leases, "LEASE_SECONDS", 1)
    with environment_lease(engine.client(), project.history(engine)) as lease:
        assert lease.fence == 8
    assert holder_of(engine.client(), project.history(engine)) is None


def test_a_hold_of_this_host_ends_with_its_process(project: Project, engine: Engine) -> None:
    from config import process_identity

    holder(
        engine,
        project,
        host={"S": process_identity.host()},
        pid={"N": "1"},
        started={"S": "not when it began"},
    )
    with environment_lease(engine.client(), project.history(engine)) as lease:
        assert lease.fence == 8


def test_the_heartbeat_keeps_a_hold_and_notices_its_loss(
    project: Project, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leases, "HEARTBEAT_SECONDS", 0.02)
    history = project.history(engine)
    history.prepare()
    with environment_lease(engine.client(), history) as lease:
        before = holder_of(engine.client(), history)
        assert before is not None
        engine.client().update_item(
            TableName=project.history_table, Key={"PK": {"S": "ENV#dev"}, "SK": {"S": "LEASE"}},
            UpdateExpression="SET #u = :u", ExpressionAttributeNames={"#u": "until"},
            ExpressionAttributeValues={":u": {"N": "5"}},
        )  # fmt: skip
        while (current := holder_of(engine.client(), history)) is not None and current.until == 5:
            assert lease._thread.is_alive()
            time.sleep(0.01)
        assert current is not None and current.until >= before.until
        lease.check()
        unlock(engine.client(), history, owner())
        lease._thread.join(30)
        with pytest.raises(LeaseLost, match="lost its lease"):
            lease.check()


def test_a_runner_that_could_not_renew_stops(project: Project, engine: Engine) -> None:
    history = project.history(engine)
    history.prepare()
    with environment_lease(engine.client(), history) as lease:
        lease._renewed_at -= leases.LEASE_SECONDS + 1
        with pytest.raises(LeaseLost, match="could not renew its lease on the environment dev for 30 s"):
            lease.check()


def test_an_environment_is_held_by_itself(project: Project, engine: Engine) -> None:
    history = project.history(engine)
    history.prepare()
    with (
        environment_lease(engine.client(), history),
        environment_lease(engine.client(), project.history(engine, "prod")),
    ):
        pass
