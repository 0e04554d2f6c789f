"""Killed at any durable step (kill -9), the same command goes on, and nothing is lost; by several seeds."""

from __future__ import annotations

import random

import pytest

from api.dynamodb.repositories import UserRepository
from live import state as phases
from live.verification.proof import prove
from tests.integration.live.live_harness import Live, fill, following, random_change
from tests.support.forks import run_fork
from tests.support.scripts import COMMAND_SECONDS, script_environment
from tests.support.torture import Sample

pytestmark = pytest.mark.any_engine
SEEDS = range(2, 12)


def dies(live: Live, command: str, step: int) -> bool:
    """Whether a command was killed at this step; it ends by itself when there are not so many."""
    script, environment = "tests/integration/live/dying_move.py", script_environment(live.move.settings())
    ended = run_fork(script, [command, str(step)], environment, COMMAND_SECONDS)
    assert ended.returncode in (0, -9), ended.stderr
    return ended.returncode == -9


@pytest.mark.sampled
def test_a_move_that_dies_at_any_step_goes_on(live: Live, sample: Sample) -> None:
    for seed in SEEDS if sample.is_full else [sample.one_of(SEEDS)]:
        rng = random.Random(seed)
        if not live.steps:
            fill(live.legacy)
            live.live_move().prepare()
        # noted, bulk, seeded, live, then at each batch: ledger, guards, main items, deletions, committed.
        killed = 0
        for round_number, step in enumerate(sample.of(range(1, 20), between=5)):
            for number in range(40):
                random_change(live.legacy, rng, 10_000 * seed + 100 * round_number + number)
            killed += dies(live, "start", step)
        assert killed
        live.catch_up()
        assert live.differences() == []
        assert live.unknown_keys() == []


@pytest.mark.sampled
def test_a_switch_that_dies_at_any_step_goes_on_there_and_back(live: Live, sample: Sample) -> None:
    """Each process is killed at its first, second or third durable step, until one ends by itself."""
    fill(live.legacy, 6)
    live.begin()
    for seed in SEEDS if sample.is_full else [sample.one_of(SEEDS)]:
        rng, move = random.Random(seed), live.live_move()
        with following(live):
            live.legacy.sql("UPDATE users SET name = %s WHERE id = 2", f"By the application {seed}")
            prove(move)
            killed = 0
            while dies(live, "cutover", rng.randint(1, 3)):
                killed += 1
            assert killed
        assert move.require_state().phase == phases.REVERSE
        UserRepository().update_user(1, {"name": f"By the service {seed}"})
        while dies(live, "rollback", rng.randint(1, 3)):
            killed += 1
        assert move.require_state().phase == phases.LIVE
        assert live.legacy.sql("SELECT name FROM users WHERE id < 3 ORDER BY id") == (
            (f"By the service {seed}",), (f"By the application {seed}",),
        )  # fmt: skip
        live.catch_up()
        assert live.differences() == []
