"""The repositories beside dictionaries: whatever is done in whatever order, both say the same.

On MiniStack alone, for speed; the single methods are tested on every engine.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.support.engines import Engine
from tests.torture.repository_machines import MACHINES, Machine

FEW = settings(
    max_examples=8,
    stateful_step_count=14,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture
def on_ministack(ministack: Engine, use_settings: Any, patient_clients: None) -> Iterator[None]:
    use_settings(**ministack.settings("model"))
    Machine.engine = ministack
    yield


@pytest.mark.parametrize("machine", MACHINES)
def test_a_repository_does_what_a_dictionary_would(on_ministack: None, machine: type[Machine]) -> None:
    run_state_machine_as_test(machine, settings=FEW)
