"""A process's copy of the flags: how often it is read, and what counts when it cannot be."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from api.dynamodb.errors import InvalidInput, Unavailable
from rollout.flag_cache import FlagCache
from rollout.flags import Flag, Setting, State

FLAG = Flag("sign_in", "", ("email_guard", "gsi1_query"))
ON = State(1, "5a17", {"sign_in": Setting("gsi1_query", 100, datetime(2026, 11, 30, tzinfo=UTC))})


class World:
    """A table with flags, a clock, and the work that was started in the background."""

    def __init__(self, **overrides: str) -> None:
        self.now, self.reads = 100.0, 0
        self.state: State | Exception = ON
        self.background: list[Callable[[], None]] = []
        self.cache = FlagCache(
            [FLAG], self.read, overrides, monotonic=lambda: self.now, start=self.background.append
        )

    def read(self) -> State:
        self.reads += 1
        if isinstance(self.state, Exception):
            raise self.state
        return self.state

    def value(self) -> str:
        return self.cache.value("sign_in", "7")


def test_the_first_caller_waits_and_later_ones_have_a_copy_for_2_seconds() -> None:
    world = World()
    assert world.value() == "gsi1_query" and world.reads == 1
    world.now += 1.9
    assert world.value() == "gsi1_query" and world.reads == 1 and not world.background


def test_an_old_copy_counts_while_one_thread_reads_in_the_background() -> None:
    world = World()
    world.value()
    world.state, world.now = State(2), world.now + 2
    assert world.value() == world.value() == "gsi1_query"
    assert len(world.background) == 1 and world.reads == 1
    world.background.pop()()
    assert world.value() == "email_guard" and world.reads == 2


def test_after_a_pause_the_next_caller_waits_so_that_a_rollback_counts() -> None:
    world = World()
    world.value()
    world.state, world.now = State(2), world.now + 3600
    assert world.value() == "email_guard" and not world.background


def test_the_last_known_flags_count_when_the_table_fails_and_it_is_logged_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    world = World()
    world.value()
    world.state = Unavailable("no response")
    for _ in range(3):
        world.now += 60
        assert world.value() == "gsi1_query"
    assert caplog.text.count("last known ones count") == 1


def test_the_defaults_count_when_the_table_never_answered() -> None:
    world = World()
    world.state = Unavailable("no response")
    assert world.value() == "email_guard"


def test_an_override_counts_whatever_the_table_says_and_makes_no_call() -> None:
    world = World(sign_in="email_guard")
    assert world.value() == "email_guard" and world.reads == 0


def test_an_override_that_there_is_not_is_refused() -> None:
    with pytest.raises(InvalidInput, match="email_guard or gsi1_query"):
        World(sign_in="scan")
