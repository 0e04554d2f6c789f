"""Following: the table equals the source after any changes, wherever the process was killed."""

from __future__ import annotations

import random

import pytest

from tests.integration.live.live_harness import Live, fill, random_change
from tests.support.sources import EACH_SERVER

pytestmark = pytest.mark.any_engine


@EACH_SERVER
def test_changes_during_and_after_the_copy_reach_the_table(live: Live) -> None:
    fill(live.legacy)
    live.begin()
    assert live.differences() == []
    rng = random.Random(5)
    for number in range(200):
        random_change(live.legacy, rng, number)
    live.catch_up()
    assert live.differences() == []
    assert live.unknown_keys() == []
    assert live.status()["status"]["keys"] > 150
    assert {step for step, _ in live.letters()} <= {"users"}  # those whose is_active is 7
