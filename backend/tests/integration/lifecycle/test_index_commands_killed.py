"""kill -9 at every call of the build and the drop of an index: the same command, run again, ends in the same table."""

from __future__ import annotations

import signal
import tempfile
import threading
from collections.abc import Iterator

import pytest

from tests.integration.lifecycle.decision_log_tables import INDEX, Log
from tests.support.aws_rules import AwsRules
from tests.support.engines import Engine
from tests.support.fault_proxy import Call
from tests.support.forks import Fork, start_fork
from tests.support.scripts import script_environment
from tests.support.torture import Sample

ADD = ("add_gsi", "us-east-1", "--env", "demo", "--sample", "3")
DROP = ("drop_gsi", "us-east-1", "--env", "demo", "--yes")


class Killer:
    """Kills a command when the engine has carried out its n-th call and before the command hears of it."""

    def __init__(self, url: str) -> None:
        self.rules = AwsRules(url, answered=self.count)
        self.process: Fork | None = None
        self.started = threading.Event()
        self.left = 0

    def count(self, call: Call) -> None:
        self.left -= 1
        if self.left == 0:
            assert self.started.wait(60) and self.process is not None
            self.process.kill()

    def run(self, log: Log, command: tuple[str, ...], calls: int) -> tuple[int, str]:
        """Runs a command that dies at that call; 0 lets it live."""
        self.left = calls
        self.started.clear()
        with tempfile.TemporaryFile("w+") as out:
            environment = script_environment(log.settings())
            script = f"scripts/{command[0]}.py"
            self.process = start_fork(script, command[1:], environment, out.fileno(), out.fileno())
            self.started.set()
            code = self.process.wait()
            out.seek(0)
            return code, out.read()


@pytest.fixture
def killer(ministack: Engine) -> Iterator[Killer]:
    made = Killer(ministack.endpoint_url)
    with made.rules:
        yield made


@pytest.fixture
def log(ministack: Engine, killer: Killer) -> Iterator[Log]:
    made = Log(killer.rules.url, ministack.client())
    yield made
    made.delete()


@pytest.mark.sampled
def test_a_build_that_dies_at_any_call_is_finished_by_the_same_command(
    log: Log, killer: Killer, sample: Sample
) -> None:
    log.create(items=3)
    undisturbed, printed = killer.run(log, ADD, 0)
    assert undisturbed == 0, printed
    operations = killer.rules.operations()
    expected, items = log.described(), log.dump()
    # Up to the first look that found it ACTIVE; behind it nothing but reads is left.
    steps = operations.index("GetItem")
    assert "UpdateTable" in operations[:steps]
    for calls in sample.of(range(1, steps + 1)):
        assert killer.run(log, DROP, 0)[0] == 0
        died, _ = killer.run(log, ADD, calls)
        assert died == -signal.SIGKILL, f"call {calls} ({operations[calls - 1]})"
        finished, printed = killer.run(log, ADD, 0)
        assert finished == 0, printed
        assert log.described() == expected
        assert log.entries() == log.dump() == items


@pytest.mark.sampled
def test_a_drop_that_dies_at_any_call_is_finished_by_the_same_command(
    log: Log, killer: Killer, sample: Sample
) -> None:
    log.create(items=3)
    items, without = log.dump(), log.described()
    assert killer.run(log, ADD, 0)[0] == 0
    killer.rules.calls.clear()
    assert killer.run(log, DROP, 0)[0] == 0
    steps = len(killer.rules.operations())
    for calls in sample.of(range(1, steps + 1)):
        assert killer.run(log, ADD, 0)[0] == 0
        died, _ = killer.run(log, DROP, calls)
        assert died == -signal.SIGKILL
        finished, printed = killer.run(log, DROP, 0)
        assert finished == 0, printed
        assert log.described() == without
        assert log.dump() == items


def test_a_build_that_died_is_waited_for_by_the_state_command(log: Log, killer: Killer) -> None:
    log.create(items=3)
    for _ in range(10):
        died, _ = killer.run(log, ADD, 4)  # describe, scan, describe, create
        assert died == -signal.SIGKILL
        if "UpdateTable" in killer.rules.operations():
            break
    state = ("gsi_status", "us-east-1", "--env", "demo", "--wait")
    shown, printed = killer.run(log, state, 0)
    assert shown == 0, printed
    assert f"{INDEX}: ACTIVE" in printed
