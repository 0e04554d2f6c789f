"""New ids: exact in a browser, in order of time, never twice."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime

import pytest

from api.dynamodb.schema import ids


def test_ids_fit_into_a_browsers_number_until_2089() -> None:
    assert ids.new_id() < 2**53
    assert ids.MAX_ID == 2**53 - 1


def test_ids_of_one_process_only_go_up(monkeypatch: pytest.MonkeyPatch) -> None:
    made = [ids.new_id() for _ in range(1000)]
    earlier = time.time_ns() - 10**12
    monkeypatch.setattr(time, "time_ns", lambda: earlier)
    made += [ids.new_id() for _ in range(10)]  # the clock was put back
    assert made == sorted(set(made))


def test_ids_sort_by_time(monkeypatch: pytest.MonkeyPatch) -> None:
    later = time.time_ns() + 10**9
    first = ids.new_id()
    monkeypatch.setattr(time, "time_ns", lambda: later)
    assert ids.new_id() >> 12 > first >> 12


def test_threads_never_get_the_same_id() -> None:
    made: list[int] = []

    def make() -> None:
        made.extend([ids.new_id() for _ in range(500)])

    threads = [threading.Thread(target=make, daemon=True) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert len(set(made)) == 4000


def test_an_id_says_when_it_was_made() -> None:
    moment = datetime(2026, 11, 29, 12, 34, 56, 789_000, tzinfo=UTC)
    assert [ids.moment_of(ids.id_at(moment, low)) for low in (0, 4095)] == [moment, moment]
