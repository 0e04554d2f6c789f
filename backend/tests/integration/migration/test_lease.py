"""One run at a time on one table, and what becomes of the hold of a run that died."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from contextlib import closing
from typing import Any

import pytest

from api.dynamodb.errors import ConditionFailed
from api.dynamodb.table import lease as leases
from api.dynamodb.table.lease import Holder, LeaseHeld, LeaseLost
from api.dynamodb.transport.http import Transport
from config import process_identity
from migration.lease import permit_to_send, table_lease
from tests.integration.migration.migration_harness import Move
from tests.support.fault_proxy import Call, Fault, FaultProxy, RandomFaults
from tests.support.scripts import finished
from tests.support.waiting import wait_until

# The engine only keeps what is written.
pytestmark = pytest.mark.any_engine


class Hold:
    """Keeps a run inside its first batch for as long as a test wants."""

    def __init__(self) -> None:
        self.reached, self.go = threading.Event(), threading.Event()

    def decide(self, call: Call) -> None:
        if call.operation == "BatchWriteItem":
            self.reached.set()
            self.go.wait(60)


def test_the_second_of_two_runs_refuses_and_names_the_first(move: Move) -> None:
    move.legacy.add("users", {"id": 1})
    hold = Hold()
    with FaultProxy(move.engine.endpoint_url, hold.decide) as proxy:
        move.endpoint_url = proxy.url
        with move.start() as first:
            assert hold.reached.wait(60)
            second = move.call()
            hold.go.set()
            finished(first)
    assert second.returncode == 2
    assert second.stderr.startswith(f"error: the table {move.table} is locked by ")
    assert f"@{socket.gethostname()} (process {first.pid}) since " in second.stderr
    assert second.stderr.count("\n") == 1
    assert first.returncode == 0
    assert ("USR#1", "META") in move.dump()


def test_after_the_holder_was_killed_the_next_run_on_that_host_takes_over_at_once(move: Move) -> None:
    move.legacy.add("users", {"id": 1})
    hold = Hold()
    with FaultProxy(move.engine.endpoint_url, hold.decide) as proxy:
        move.endpoint_url = proxy.url
        with move.start() as first:
            assert hold.reached.wait(60)
            os.kill(first.pid, signal.SIGKILL)
        hold.go.set()
        assert Holder.decode(lease_item(move)) is not None
        second = move.call()
    assert (second.returncode, second.stderr) == (0, "")
    assert Holder.decode(lease_item(move)) is None


KEY = {"PK": {"S": "OPS#migration"}, "SK": {"S": "LEASE"}}


def lease_item(move: Move, until: str = "") -> Any:
    """The lease item as it stands; with `until`, one of another host is put there first."""
    client = move.engine.client()
    try:
        if until:
            item = {
                **KEY, "token": {"S": "t"}, "host": {"S": "elsewhere/1234"}, "pid": {"N": "1"}, "started": {"S": "5"},
                "user": {"S": "bob"}, "since": {"S": "2026-01-01T00:00:00+00:00"}, "until": {"N": until},
            }  # fmt: skip
            client.put_item(TableName=move.table, Item=item)
        return client.get_item(TableName=move.table, Key=KEY).get("Item")
    finally:
        client.close()


class BeatingHolder:
    """A holder on another host, whose clock is `seconds_ahead` of ours, that renews its lease again and again."""

    def __init__(self, move: Move, seconds_ahead: int) -> None:
        self._move = move
        self._until = int(time.time()) + seconds_ahead
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._beat, daemon=True)

    def _beat(self) -> None:
        while not self._stop.is_set():
            self._until += 1
            lease_item(self._move, until=str(self._until))

    def __enter__(self) -> None:
        lease_item(self._move, until=str(self._until))
        self._thread.start()

    def __exit__(self, *exc: object) -> None:
        self._stop.set()
        self._thread.join(120)


@pytest.mark.parametrize("seconds_ahead", [-100_000, 100_000])
def test_a_holder_on_another_host_blocks_while_its_heart_beats_whatever_its_clock_says(
    move: Move, monkeypatch: pytest.MonkeyPatch, seconds_ahead: int
) -> None:
    monkeypatch.setattr(leases, "WATCH_SECONDS", 0.1)
    move.legacy.add("users", {"id": 1})
    refusal = pytest.raises(LeaseHeld, match=r"bob@elsewhere \(process 1\) since 2026-01-01")
    with BeatingHolder(move, seconds_ahead), refusal as refused:
        move.run()
    assert "wait for that process, or stop it there; once it has died, the same command takes over" in str(
        refused.value
    )
    assert move.dump() == {}
    monkeypatch.setattr(leases, "LEASE_SECONDS", 2)
    with closing(Transport.of_environment()) as transport, table_lease(transport, move.table) as lease:
        current = Holder.decode(lease_item(move))
        assert current is not None and current.token == lease._holder.token
    assert Holder.decode(lease_item(move)) is None


def test_a_holder_that_beats_again_at_the_last_moment_keeps_its_lease(quick_move: Move) -> None:
    quick_move.run()
    lease_item(quick_move, until="1000")
    with closing(Transport.of_environment()) as transport:
        item = table_lease(transport, quick_move.table)._item
        seen = item.holder()
        lease_item(quick_move, until="1008")
        with pytest.raises(ConditionFailed):
            item.take(Holder.of_this_process(), seen)
        current = item.holder()
        assert current is not None and current.until == 1008
        item.take(Holder.of_this_process(), current)


def test_a_heartbeat_is_as_patient_as_the_data(quick_move: Move, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leases, "HEARTBEAT_SECONDS", 2)
    quick_move.legacy.add("users", {"id": 1})
    throttled = 0
    renewed = threading.Event()

    def decide(call: Call) -> Fault | None:
        nonlocal throttled
        is_beat = call.operation == "UpdateItem" and call.request["UpdateExpression"] == "SET #until = :until"
        if call.operation == "BatchWriteItem":
            assert renewed.wait(100)
        if is_beat and throttled < 25:
            throttled += 1
            return Fault.THROTTLE
        if is_beat:
            renewed.set()
        return None

    with FaultProxy(quick_move.engine.endpoint_url, decide) as proxy:
        quick_move.endpoint_url = proxy.url
        assert quick_move.run().fresh
    assert throttled == 25


def test_a_run_ends_well_although_most_calls_are_throttled(
    quick_move: Move, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("migration.loader.backoff_seconds", lambda attempt, policy: 0.0)
    monkeypatch.setattr("api.dynamodb.transport.retry.backoff_seconds", lambda attempt, policy: 0.0)
    quick_move.legacy.add("users", *[{"id": n, "is_staff": 9 * (n % 2)} for n in range(1, 21)])
    faults = RandomFaults(0.8, (Fault.THROTTLE,), seed=3)

    def throttle(call: Call) -> Fault | None:
        return None if call.operation.startswith("Describe") else faults(call)

    with FaultProxy(quick_move.engine.endpoint_url, throttle) as proxy:
        quick_move.endpoint_url = proxy.url
        report = quick_move.run()
    assert report.steps["users"].counts.written == report.dead == 10
    assert report.throttled > 10


def test_a_write_waits_until_the_lease_outlasts_it(quick_move: Move, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leases, "HEARTBEAT_SECONDS", 0.05)
    quick_move.run()
    with closing(Transport.of_environment()) as transport, table_lease(transport, quick_move.table) as lease:
        with lease._renewed:
            # As if no beat had come through for a while: shorter than a lease, too long for another write.
            stale = lease._renewed_at = leases.seconds_since_boot() - leases.LEASE_SECONDS + 10
        permit_to_send(lease)()
        assert lease._renewed_at > stale


def test_a_run_that_lost_its_hold_stops_before_it_writes_a_checkpoint(
    quick_move: Move, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leases, "HEARTBEAT_SECONDS", 0.01)
    quick_move.legacy.add("users", *[{"id": n} for n in range(1, 30)])
    beaten = threading.Event()

    def steal(call: Call) -> None:
        if call.operation == "BatchWriteItem" and not beaten.is_set():
            lease_item(quick_move, until=str(int(time.time()) + 20))
            beaten.set()
            # The heartbeat ends when it finds that the hold is another's.
            wait_until(lambda: not any(thread.name == "lease" for thread in threading.enumerate()))

    with FaultProxy(quick_move.engine.endpoint_url, steal) as proxy:
        quick_move.endpoint_url = proxy.url
        with pytest.raises(LeaseLost, match="this run lost its lease"):
            quick_move.run(batch_size=2, workers=1)
    assert quick_move.checkpoint()["steps"]["users"]["after"] is None
    assert Holder.decode(lease_item(quick_move)) is not None


@pytest.mark.parametrize("pid_is_reused", [True, False])
def test_a_reused_process_id_is_not_taken_for_the_holder(quick_move: Move, pid_is_reused: bool) -> None:
    quick_move.legacy.add("users", {"id": 1})
    pid = os.getpid()
    started = "1" if pid_is_reused else process_identity.process_start(pid)
    client = quick_move.engine.client()
    item = {
        **KEY, "token": {"S": "t"}, "host": {"S": process_identity.host()}, "pid": {"N": str(pid)},
        "started": {"S": started}, "user": {"S": "me"}, "since": {"S": "now"},
        "until": {"N": str(int(time.time()) + 20)},
    }  # fmt: skip
    client.put_item(TableName=quick_move.table, Item=item)
    client.close()
    if pid_is_reused:
        assert quick_move.run().fresh
    else:
        with pytest.raises(LeaseHeld, match="is locked by"):
            quick_move.run()


def test_a_run_that_could_not_renew_its_hold_in_time_stops_writing(quick_move: Move) -> None:
    quick_move.run()
    with closing(Transport.of_environment()) as transport, table_lease(transport, quick_move.table) as lease:
        lease.check()
        lease._renewed_at -= leases.LEASE_SECONDS + 1
        with pytest.raises(LeaseLost, match="could not renew its lease"):
            lease.check()
