"""The clock: it runs, and stands still inside a frozen block."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta, timezone

import pytest

from api.dynamodb.clock import frozen, utc_now

MOMENT = datetime(2026, 11, 21, 3, tzinfo=UTC)


def test_it_tells_the_present_moment_in_utc() -> None:
    before = datetime.now(UTC)
    now = utc_now()
    assert before <= now <= datetime.now(UTC)
    assert now.tzinfo is UTC


def test_it_stands_still_where_the_block_began_and_runs_on_after_it() -> None:
    with frozen() as moment:
        assert [utc_now(), utc_now()] == [moment, moment]
    assert utc_now() > moment


def test_it_stands_at_a_given_moment() -> None:
    with frozen(MOMENT):
        assert utc_now() == MOMENT
    assert utc_now() != MOMENT


def test_a_moment_of_another_zone_is_told_in_utc() -> None:
    with frozen(MOMENT.astimezone(timezone(timedelta(hours=9)))):
        assert (utc_now(), utc_now().tzinfo) == (MOMENT, UTC)


def test_an_inner_block_keeps_the_outer_moment_unless_it_has_its_own() -> None:
    with frozen(MOMENT):
        with frozen():
            assert utc_now() == MOMENT
        with frozen(MOMENT + timedelta(1)):
            assert utc_now() == MOMENT + timedelta(1)
        assert utc_now() == MOMENT


def test_it_runs_on_after_an_error() -> None:
    with pytest.raises(RuntimeError), frozen(MOMENT):
        raise RuntimeError
    assert utc_now() != MOMENT


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"), frozen(datetime(2026, 1, 1)):  # noqa: DTZ001
        pass


def test_another_thread_has_its_own_time() -> None:
    seen: list[datetime] = []
    with frozen(MOMENT):
        thread = threading.Thread(target=lambda: seen.append(utc_now()), daemon=True)
        thread.start()
        thread.join(120)
    assert seen[0] != MOMENT
