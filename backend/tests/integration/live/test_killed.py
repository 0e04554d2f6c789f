"""A follower that is killed at any durable step goes on, and the table equals the source in the end."""

from __future__ import annotations

import random
import subprocess
import sys

import pytest

from config.environment import BACKEND_DIR
from tests.integration.live.live_harness import Live, fill, random_change
from tests.support.scripts import script_environment
from tests.support.torture import Sample

pytestmark = pytest.mark.any_engine


def die_at(live: Live, step: int) -> subprocess.CompletedProcess[str]:
    """A start that is killed at this step; it ends by itself when there are not so many."""
    return subprocess.run(
        [sys.executable, "-m", "tests.integration.live.dying_follower", str(step)], cwd=BACKEND_DIR,
        env=script_environment(live.move.settings()), capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


@pytest.mark.sampled
def test_a_move_that_dies_at_any_step_goes_on(live: Live, sample: Sample) -> None:
    rng = random.Random(11)
    fill(live.legacy)
    live.live_move().prepare()
    # noted, bulk, seeded, live, then at each batch: ledger, guards, main items, deletions, committed.
    killed = 0
    for round_number, step in enumerate(sample.of(range(1, 20), between=5)):
        for number in range(40):
            random_change(live.legacy, rng, 100 * round_number + number)
        ended = die_at(live, step)
        killed += ended.returncode == -9
        assert ended.returncode in (0, -9), ended.stderr
    assert killed
    live.catch_up()
    assert live.differences() == []
    assert live.unknown_keys() == []
