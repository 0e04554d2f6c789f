"""A sample's keys that the table leaves unprocessed: asked for again after a pause, and not for ever."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from api.dynamodb.transport.retry import GIVE_UP_SECONDS
from migration.errors import MigrationError
from migration.verify import sample
from migration.verify.differences import DifferenceLog

TABLE = "t"
WANTED = [(f"USR#{n}", "META") for n in range(3)]


class Clock:
    """Time that passes only in pauses."""

    def __init__(self) -> None:
        self.now = 0.0
        self.pauses: list[float] = []

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds


class Table:
    """Answers as many of the keys as `served` says for each call."""

    def __init__(self, served: Callable[[int], int]) -> None:
        self.calls = 0
        self._served = served

    def call(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        self.calls += 1
        keys = request["RequestItems"][TABLE]["Keys"]
        count = self._served(self.calls)
        left = {TABLE: {"Keys": keys[count:], "ConsistentRead": True}} if keys[count:] else {}
        return {"Responses": {TABLE: keys[:count]}, "UnprocessedKeys": left}


def fetch(table: Table) -> list[dict[str, Any]]:
    job: Any = SimpleNamespace(
        settings=SimpleNamespace(table_name=TABLE), transport=table, steps=(), policy=None
    )
    return list(sample.RecordComparison(job, DifferenceLog(None))._fetch(WANTED))


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    fake_clock = Clock()
    monkeypatch.setattr(sample, "time", fake_clock)
    monkeypatch.setattr(sample, "backoff_seconds", lambda attempt, policy: 0.1 * attempt)
    return fake_clock


def test_keys_that_are_left_are_asked_for_again_after_growing_pauses(clock: Clock) -> None:
    items = fetch(Table(lambda call: 1 if call in (1, 4) else 3 if call == 5 else 0))
    assert items == [{"PK": {"S": pk}, "SK": {"S": sk}} for pk, sk in WANTED]
    assert clock.pauses == pytest.approx([0.1, 0.2, 0.3, 0.1])


def test_a_table_that_answers_nothing_is_given_up(clock: Clock) -> None:
    table = Table(lambda call: 0)
    with pytest.raises(MigrationError, match="raise its read capacity"):
        fetch(table)
    assert GIVE_UP_SECONDS < clock.now < GIVE_UP_SECONDS + 2
    assert max(clock.pauses) == pytest.approx(0.8)
    assert table.calls == len(clock.pauses) + 1
