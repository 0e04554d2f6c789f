"""Following: the table equals the source after any changes, wherever the process was killed."""

from __future__ import annotations

import random
from typing import Any

import pytest

from api.dynamodb.repositories import PracticeRepository
from tests.integration.live.live_harness import Live, fill, random_change
from tests.support.sources import EACH_SERVER

pytestmark = pytest.mark.any_engine


# Active in the source; some of them are changed or removed by the random changes.
USERS = (1, 2, 3)


def practice_items(live: Live) -> dict[Any, Any]:
    return {key: item for key, item in live.move.dump().items() if key[0].endswith(("#PRC", "#NTE"))}


@EACH_SERVER
def test_changes_during_and_after_the_copy_reach_the_table(live: Live) -> None:
    fill(live.legacy)
    live.begin()
    assert live.differences() == []
    practice = PracticeRepository()
    for user_id in USERS:
        practice.add_bookmark(user_id, 7)
        practice.put_note(user_id, 7, "a note")
    kept = practice_items(live)
    assert len(kept) == 2 * len(USERS)
    rng = random.Random(5)
    for number in range(200):
        random_change(live.legacy, rng, number)
    live.catch_up()
    assert live.differences() == []
    assert set(live.unknown_keys()) == set(kept)
    assert practice_items(live) == kept, "bookmarks and notes are nothing that the source has"
    assert live.status()["status"]["keys"] > 150
    assert {step for step, _ in live.letters()} <= {"users"}  # those whose is_active is 7
