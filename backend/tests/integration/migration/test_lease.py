"""One run at a time on one table, and what becomes of the hold of a run that died."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from contextlib import closing

import pytest

from api.dynamodb.transport import Transport
from config import whereabouts
from migration import lease as leases
from migration.errors import MigrationError
from tests.integration.migration.world import Move
from tests.support.fault_proxy import Call, FaultProxy


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
            first.communicate(timeout=60)
    assert second.returncode == 2
    assert second.stderr.startswith(f"error: another migration of {move.table} is running: ")
    assert f"on {socket.gethostname()} (process {first.pid}), since " in second.stderr
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
        assert lease_item(move) is not None
        second = move.call()
    assert (second.returncode, second.stderr) == (0, "")
    assert lease_item(move) is None


KEY = {"PK": {"S": "OPS#migration"}, "SK": {"S": "LEASE"}}


def lease_item(move: Move, until: str = "") -> object:
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


def test_a_holder_on_another_host_blocks_until_its_time_has_passed(move: Move) -> None:
    move.legacy.add("users", {"id": 1})
    lease_item(move, until=str(int(time.time()) + 20))
    with pytest.raises(MigrationError, match=r"bob on elsewhere \(process 1\), since 2026-01-01") as refused:
        move.run()
    assert "its hold ends by itself in" in str(refused.value)
    assert move.dump() == {}
    lease_item(move, until=str(int(time.time()) - 1))  # the other host's clock may be behind
    with pytest.raises(MigrationError, match="bob on elsewhere"):
        move.run()
    lease_item(move, until=str(int(time.time()) - leases.CLOCK_MARGIN_SECONDS - 1))
    assert move.run().dead == 0
    assert lease_item(move) is None


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
            while any(thread.name == "lease" for thread in threading.enumerate()):
                time.sleep(0.01)

    with FaultProxy(quick_move.engine.endpoint_url, steal) as proxy:
        quick_move.endpoint_url = proxy.url
        with pytest.raises(MigrationError, match="this run lost its hold"):
            quick_move.run(batch_size=2, workers=1)
    assert '"after": null' in quick_move.checkpoint().read_text()
    assert lease_item(quick_move) is not None


@pytest.mark.parametrize("pid_is_reused", [True, False])
def test_a_reused_process_id_is_not_taken_for_the_holder(quick_move: Move, pid_is_reused: bool) -> None:
    quick_move.legacy.add("users", {"id": 1})
    mine = os.getpid()
    started = "1" if pid_is_reused else whereabouts.process_start(mine)
    client = quick_move.engine.client()
    item = {
        **KEY, "token": {"S": "t"}, "host": {"S": whereabouts.host()}, "pid": {"N": str(mine)},
        "started": {"S": started}, "user": {"S": "me"}, "since": {"S": "now"},
        "until": {"N": str(int(time.time()) + 20)},
    }  # fmt: skip
    client.put_item(TableName=quick_move.table, Item=item)
    client.close()
    if pid_is_reused:
        assert quick_move.run().fresh
    else:
        with pytest.raises(MigrationError, match="another migration"):
            quick_move.run()


def test_a_run_that_could_not_renew_its_hold_in_time_stops_writing(quick_move: Move) -> None:
    quick_move.run()
    with closing(Transport.of_environment()) as transport, leases.Lease(transport, quick_move.table) as lease:
        lease.check()
        lease._beat -= leases.LEASE_SECONDS + 1
        with pytest.raises(MigrationError, match="could not renew its hold"):
            lease.check()
