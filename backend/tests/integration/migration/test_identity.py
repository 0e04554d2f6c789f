"""However a move was disturbed, the table, the dead letters and the counts end as those of an undisturbed one."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from api.dynamodb.table.lease import Holder
from migration.errors import MigrationError
from tests.integration.migration import mixed_rows
from tests.integration.migration.migration_harness import Dump, LegacySource, Move, another_move
from tests.support.engines import Engine
from tests.support.fault_proxy import Call, FaultProxy, RandomFaults
from tests.support.scripts import finished
from tests.support.sources import connect
from tests.support.torture import Sample

pytestmark = pytest.mark.any_engine

# The mixed rows include some that cannot be moved.
EXIT_INCOMPLETE = 3
SMALL = ("--batch-size", "5", "--workers", "2")


@dataclass
class Outcome:
    """What a finished job left behind."""

    dump: Dump
    letters: bytes
    counts: dict[str, Any]


def outcome(move: Move) -> Outcome:
    """The end state of a finished job; what the engine counted is left out, since what is sent twice costs twice."""
    state = move.checkpoint()
    assert all(step["done"] for step in state["steps"].values())
    counts = {name: {**step["counts"], "consumed": 0} for name, step in state["steps"].items()}
    return Outcome(move.dump(), move.letter_file().read_bytes(), counts)


@pytest.fixture
def filled(move: Move) -> Move:
    """A move whose source holds every kind of row."""
    mixed_rows.fill(move.legacy)
    return move


def undisturbed(move: Move, folder: Path) -> Outcome:
    """What the job leaves when nothing happens to it."""
    with another_move(move, folder) as other:
        report = other.run(batch_size=40)
        assert {name: report.steps[name].counts.dead for name in mixed_rows.DEAD} == mixed_rows.DEAD
        found = outcome(other)
        assert Holder.decode(lease_of(other.engine, other.table)) is None
        return found


def lease_of(engine: Engine, table: str) -> Any:
    client = engine.client()
    try:
        key = {"PK": {"S": "OPS#migration"}, "SK": {"S": "LEASE"}}
        return client.get_item(TableName=table, Key=key).get("Item")
    finally:
        client.close()


class Killer:
    """Kills the command at chosen calls: before the engine sees one, after it, or a little later."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.process: subprocess.Popen[str] | None = None
        self.how = "before"
        self.countdown = -1
        self.target: Call | None = None
        self.kills: list[str] = []

    def arm(self, process: subprocess.Popen[str], how: str, calls: int) -> None:
        self.process, self.how, self.countdown, self.target = process, how, calls, None

    def _strike(self, call: Call) -> None:
        assert self.process is not None
        if self.process.poll() is None:
            self.process.kill()
            self.kills.append(f"{self.how} {call.operation}")

    def decide(self, call: Call) -> None:
        self.countdown -= 1
        if self.countdown == 0:
            self.target = call
        if self.countdown == 0 and self.how == "before":
            self._strike(call)
        elif self.countdown == 0 and self.how == "later":
            threading.Timer(self.random.uniform(0, 0.03), self._strike, [call]).start()

    def answered(self, call: Call) -> None:
        # Other senders' calls may have come meanwhile.
        if call is self.target and self.how == "after":
            self._strike(call)


KILLS = (
    # DescribeTable comes three times before the lease is taken by the fourth or fifth call.
    ("before", 3), ("after", 3), ("before", 4), ("after", 4), ("later", 4),
    *[(how, calls) for calls in (6, 9, 14) for how in ("before", "after", "later")],
    *[("later", calls) for calls in (5, 7, 8, 10, 12, 20)],
)  # fmt: skip


@pytest.mark.sampled
def test_a_run_killed_again_and_again_ends_like_an_undisturbed_one(
    filled: Move, tmp_path: Path, sample: Sample
) -> None:
    expected = undisturbed(filled, tmp_path / "other")
    killer = Killer(seed=5)
    with FaultProxy(filled.engine.endpoint_url, killer.decide, killer.answered) as proxy:
        filled.endpoint_url = proxy.url
        for how, calls in sample.of(KILLS, between=6):
            process = filled.start(*SMALL)
            killer.arm(process, how, calls)
            _, err = finished(process)
            if process.returncode == EXIT_INCOMPLETE:
                break
            assert process.returncode == -signal.SIGKILL, err
        assert len(killer.kills) >= (8 if sample.is_full else 4)
        assert filled.call("--json", *SMALL).returncode == EXIT_INCOMPLETE
        before = outcome(filled)
        assert before == expected
        again = filled.call(*SMALL)
    assert (again.returncode, again.stderr) == (EXIT_INCOMPLETE, "")
    assert "nothing to do: this job is finished" in again.stdout
    assert outcome(filled) == expected


def test_a_run_through_20_percent_of_faults_ends_like_an_undisturbed_one(
    filled: Move, tmp_path: Path
) -> None:
    expected = undisturbed(filled, tmp_path / "other")
    faults = RandomFaults(0.2, seed=11)
    with FaultProxy(filled.engine.endpoint_url, faults) as proxy:
        filled.endpoint_url = proxy.url
        runs = until_finished(lambda: filled.call("--json", "--batch-size", "7", "--workers", "2"))
        assert len(faults.made) == 6
        assert sum(faults.made.values()) >= 10
    assert outcome(filled) == expected
    assert runs <= 3


def until_finished(call: Callable[[], subprocess.CompletedProcess[str]]) -> int:
    """Runs a command until it ends well; how often it ran. A failure is one line."""
    for number in range(1, 20):
        done = call()
        if done.returncode == EXIT_INCOMPLETE:
            return number
        assert done.returncode == 2, done.stderr
        assert done.stderr.startswith("error: ")
        assert done.stderr.count("\n") == 1
    raise AssertionError("the run never ended well")


@pytest.mark.long
def test_a_run_whose_mysql_connection_is_killed_again_and_again_ends_like_an_undisturbed_one(
    filled: Move, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = undisturbed(filled, tmp_path / "other")
    monkeypatch.setattr("migration.source.database.PAGE_ROWS", 9)
    killed = 0

    def kill_connections(call: Call) -> None:
        nonlocal killed
        if call.operation == "BatchWriteItem" and killed < 40:
            killed += kill_others(filled.legacy)

    with FaultProxy(filled.engine.endpoint_url, answered=kill_connections) as proxy:
        filled.endpoint_url = proxy.url
        for _ in range(100):
            try:
                filled.run(batch_size=5, workers=1)
                break
            except MigrationError as lost:
                assert "was lost: run the command again" in str(lost)
    assert killed >= 8
    assert outcome(filled) == expected


def thread_of(connection: Any) -> int:
    """The server's number for a connection."""
    return int(connection.thread_id())


def kill_others(legacy: LegacySource) -> int:
    """Kills every other connection to the test's database."""
    number = 0
    with connect(legacy.source) as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM information_schema.processlist WHERE db = %s AND id NOT IN (%s, %s)",
            (legacy.source.database, thread_of(connection), thread_of(legacy.connection)),
        )
        for (identity,) in cursor.fetchall():
            with contextlib.suppress(Exception):
                cursor.execute(f"KILL CONNECTION {identity}")
                number += 1
    return number


@pytest.mark.long
@pytest.mark.parametrize("which", [signal.SIGTERM, signal.SIGINT])
def test_a_run_that_is_stopped_says_so_and_goes_on_later(
    quick_move: Move, tmp_path: Path, which: signal.Signals
) -> None:
    mixed_rows.fill(quick_move.legacy)
    expected = undisturbed(quick_move, tmp_path / "other")
    rng = random.Random(which)
    stops = 0
    process: subprocess.Popen[str] | None = None
    countdown = 0

    def stop(call: Call) -> None:
        nonlocal countdown
        if call.operation != "BatchWriteItem":
            return
        countdown -= 1
        if countdown == 0 and process is not None:
            time.sleep(rng.uniform(0, 0.01))
            os.kill(process.pid, which)

    with FaultProxy(quick_move.engine.endpoint_url, answered=stop) as proxy:
        quick_move.endpoint_url = proxy.url
        for _ in range(100):
            countdown = rng.randrange(3, 9) if stops < 6 else 0
            process = quick_move.start(*SMALL, "--json")
            out, err = finished(process)
            if process.returncode == EXIT_INCOMPLETE:
                break
            assert (process.returncode, out) == (130, ""), err
            assert err == "stopped: what was done is kept, run the command again to go on\n"
            stops += 1
    assert stops >= 4
    assert outcome(quick_move) == expected
