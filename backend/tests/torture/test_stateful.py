"""Thousands of steps beside a model: the limiter and every repository, directly and through failing calls."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.support.fault_proxy import Call, Fault, FaultProxy
from tests.torture.figures import Report
from tests.torture.limiter_machine import Limiter
from tests.torture.repository_machines import MACHINES, Machine
from tests.torture.run_sizes import Scale
from tests.torture.test_faults import QUICK
from tests.torture.torture_table import TortureTable

SHARE = 0.05


class Bursts:
    """Lets a share of the calls fail, one to five in a row, so that repeating a call does not always help."""

    def __init__(self, share: float, seed: int) -> None:
        self._dice = random.Random(seed)
        self._begins = share / 3
        self._left = 0
        self.made = 0

    def __call__(self, call: Call) -> Fault | None:
        """The fault of one call."""
        if not self._left and self._dice.random() < self._begins:
            self._left = self._dice.randint(1, 5)
        if not self._left:
            return None
        self._left -= 1
        self.made += 1
        return self._dice.choice(QUICK)


def walk(machine: type[Any], steps: int) -> None:
    """Runs examples until so many steps are done; the first example of hypothesis is always the dullest."""
    machine.steps.clear()
    length = max(8, min(40, steps // 4))
    how = settings(
        derandomize=steps < 1_000,  # a small run does the same each time
        max_examples=max(5, min(60, steps // length + 1)),
        stateful_step_count=length,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],  # shrinking takes minutes; a failing example is short enough to read
    )
    while machine.steps["checked"] - machine.steps["begun"] < steps:
        run_state_machine_as_test(machine, settings=how)


def steps_of(machine: type[Any]) -> int:
    return int(machine.steps["checked"] - machine.steps["begun"])


@pytest.fixture
def unshaken() -> Iterator[None]:
    yield
    Machine.way_in = None
    Limiter.shaken = False


def test_the_limiter_does_what_a_list_of_uses_would(
    torture_table_on_ministack: TortureTable, patient: None, scale: Scale, report: Report, unshaken: None
) -> None:
    Limiter.torture_table = torture_table_on_ministack
    walk(Limiter, scale.limiter_steps)
    report.add("stateful: limiter, steps", steps_of(Limiter), low=scale.limiter_steps)


@pytest.mark.parametrize("machine", MACHINES)
def test_a_repository_does_what_a_dictionary_would(
    torture_table_on_ministack: TortureTable,
    patient: None,
    scale: Scale,
    report: Report,
    unshaken: None,
    machine: type[Machine],
) -> None:
    Machine.engine = torture_table_on_ministack.engine
    walk(machine, scale.repository_steps)
    report.add(f"stateful: {machine.__name__}, steps", steps_of(machine), low=scale.repository_steps)


def test_the_limiter_stays_exact_while_calls_fail(
    torture_table_on_ministack: TortureTable,
    patient: None,
    use_settings: Callable[..., None],
    scale: Scale,
    report: Report,
    unshaken: None,
) -> None:
    Limiter.torture_table, Limiter.shaken = torture_table_on_ministack, True
    faults = Bursts(SHARE, 5)
    with FaultProxy(torture_table_on_ministack.engine.endpoint_url, faults) as proxy:
        use_settings(LOCALSTACK_URL=proxy.url)
        walk(Limiter, scale.shaken_limiter_steps)
        calls = len(proxy.calls)
    name = "stateful through failing calls: limiter"
    report.add(f"{name}, steps", steps_of(Limiter), low=scale.shaken_limiter_steps)
    report.add(f"{name}, share of {calls} calls that failed", round(faults.made / max(1, calls), 3))
    report.add(f"{name}, steps that got no answer", Limiter.steps["failed"])


@pytest.mark.parametrize("machine", MACHINES)
def test_a_repository_does_all_or_nothing_while_calls_fail(
    torture_table_on_ministack: TortureTable,
    patient: None,
    use_settings: Callable[..., None],
    scale: Scale,
    report: Report,
    unshaken: None,
    machine: type[Machine],
) -> None:
    faults = Bursts(SHARE, 6)
    with FaultProxy(torture_table_on_ministack.engine.endpoint_url, faults) as proxy:
        use_settings(LOCALSTACK_URL=proxy.url)
        Machine.engine, Machine.way_in = torture_table_on_ministack.engine, proxy.url
        walk(machine, scale.shaken_repository_steps)
        calls = len(proxy.calls)
    assert calls > 0
    name = f"stateful through failing calls: {machine.__name__}"
    report.add(f"{name}, steps", steps_of(machine), low=scale.shaken_repository_steps)
    report.add(f"{name}, share of {calls} calls that failed", round(faults.made / max(1, calls), 3))
    report.add(f"{name}, steps that got no answer", machine.steps["failed"])
