"""Trouble while following: cut and slow connections, a server that dies, reads elsewhere, the wrong command."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import closing, suppress

import pymysql
import pytest

from engines.mariadb import RunningMariaDB, admits
from engines.processes import start
from live.follow.snapshot import Snapshot
from live.source.changes import SourceRefused
from live.source.server import SourceServer
from migration.source import LegacyDatabase
from tests.integration.live.live_harness import Live, fill, following, on_server
from tests.integration.migration.migration_harness import LegacySource, Move
from tests.support.scripts import run_script
from tests.support.sources import EACH_SERVER
from tests.support.tcp_proxy import TcpProxy
from tests.support.torture import Sample
from tests.support.waiting import wait_until

pytestmark = pytest.mark.any_engine


def behind(live: Live, proxy: TcpProxy) -> None:
    """The live move reaches its source through a proxy from here on."""
    live.move.more = {"MYSQL_PORT": str(proxy.port)}


def has_plan(live: Live, number: int) -> bool:
    return ("PLAN", f"{number:016}") in live.move.items()


@EACH_SERVER
def test_a_proxy_that_cuts_idle_connections_delays_a_change_and_loses_none(live: Live) -> None:
    live.begin()
    with TcpProxy(live.legacy.source.port, idle_seconds=0.4) as proxy:
        behind(live, proxy)
        with following(live):
            wait_until(lambda: proxy.cut > 0, "an idle connection to be cut")
            live.legacy.add("subscription_plans", {"id": 1})
            wait_until(lambda: has_plan(live, 1), "the change")
    live.move.more = {}
    live.catch_up()
    assert live.differences() == []


@pytest.mark.parametrize("slow", ["slow_requests", "slow_responses"])
def test_a_network_that_is_slow_in_one_direction_is_followed(live: Live, slow: str) -> None:
    fill(live.legacy, 6)
    live.begin()
    with TcpProxy(live.legacy.source.port, **{slow: 0.03}) as proxy:
        behind(live, proxy)
        with following(live):
            for number in range(1, 4):
                live.legacy.add("subscription_plans", {"id": 10 + number})
            wait_until(lambda: has_plan(live, 13), "the last change")
    live.move.more = {}
    live.catch_up()
    assert live.differences() == []


@pytest.fixture
def on_mortal(live: Live, other_server: RunningMariaDB, legacy_tables: tuple[str, ...]) -> Iterator[Live]:
    """A live move from the server that is killed."""
    with on_server(live, other_server, legacy_tables) as moved:
        yield moved


def kill(server: RunningMariaDB) -> None:
    """kill -9, and the end."""
    os.kill(server.pid, signal.SIGKILL)
    server.process.wait(30)


def start_again(server: RunningMariaDB) -> None:
    """Starts a server that was killed, on the same folder and port."""
    assert isinstance(server.process.args, list)
    command = [str(part) for part in server.process.args if not str(part).startswith("--init-file")]
    server.process = start(command, log=server.folder / "server.log")
    wait_until(lambda: admits(server.source), "the server")


# What a batch passes: ledger, guards, main items, deletions, committed.
DURABLE_STEPS = ("ledger", "guards", "main items", "deletions", "committed")


@pytest.mark.sampled
def test_a_server_that_is_killed_at_any_step_of_a_batch_is_followed_on(
    on_mortal: Live, other_server: RunningMariaDB, sample: Sample
) -> None:
    """The follower connects again by itself, and does the batch again that was not committed."""
    live = on_mortal
    fill(live.legacy, 6)
    live.begin()
    for number, step in enumerate(DURABLE_STEPS if sample.is_full else [sample.one_of(DURABLE_STEPS)]):
        plan, killed = 100 + number, threading.Event()

        def kill_once(passed: str, step: str = step, killed: threading.Event = killed) -> None:
            if passed == step and not killed.is_set():
                kill(other_server)
                killed.set()

        with following(live, at_step=kill_once) as lines:
            with closing(LegacySource(live.legacy.source)) as legacy:
                legacy.add("subscription_plans", {"id": plan})
                with suppress(pymysql.Error):  # it may be gone by now
                    legacy.sql("UPDATE users SET email = %s WHERE id = 2", f"changed{number}@example.org")
            wait_until(killed.is_set, "the end of the server")
            start_again(other_server)
            wait_until(lambda: has_plan(live, plan), "the change")  # noqa: B023 (called at once)
        assert any("trying again from" in line for line in lines)
    with closing(LegacySource(live.legacy.source)) as legacy:
        move = live.move
        again = Live(Move(legacy, move.engine, move.table, move.state_dir, move.use_settings))
        again.catch_up()
        assert again.differences() == []
        assert again.unknown_keys() == []


def test_reads_that_a_proxy_sends_to_a_replica_are_refused(live: Live) -> None:
    """I2: the snapshot has to have the mark that was written before it."""
    live.live_move().prepare()
    with SourceServer(live.legacy.source) as server, LegacyDatabase(live.legacy.source) as database:
        mark = server.mark(0)
        with Snapshot(database) as snapshot:
            snapshot.require(mark)
            with pytest.raises(SourceRefused, match="sends reads to another server"):
                snapshot.require(mark + 1)


def test_a_command_in_the_wrong_phase_is_one_line_with_the_right_one(live: Live) -> None:
    live.begin()
    done = run_script("live_migration", "finish", "--yes", settings=live.move.settings())
    lines = [line for line in done.stderr.splitlines() if not line.startswith("WARNING: ")]
    assert (done.returncode, len(lines)) == (2, 1), done.stderr
    assert "make dynamodb-live-cutover" in lines[0]
    # A rollback is there already: it changes nothing, in MySQL neither.
    assert run_script("live_migration", "rollback", "--yes", settings=live.move.settings()).returncode == 0
    assert live.live_move().require_state().phase == "live"
    assert live.legacy.sql("SHOW TRIGGERS") == ()
