"""What a process allows by itself: a bounded number of uses by user, action and window, in bounded memory."""

from __future__ import annotations

import threading
from datetime import timedelta

from api.dynamodb.usage_limits.windows import Limit, Window, windows_of
from api.limits.local_usage import LocalUsage
from tests.unit.limits.helpers import NOON

LIMITS = (Limit(5), Limit(2, 60))


def at(seconds: float = 0, limits: tuple[Limit, ...] = (Limit(3),)) -> tuple[Window, ...]:
    return windows_of(limits, NOON + timedelta(seconds=seconds))


def test_a_share_ends_and_nothing_is_counted_after_it() -> None:
    usage = LocalUsage()
    assert [usage.take(1, "execution", at()) for _ in range(4)] == [[1], [2], [3], None]


def test_users_and_actions_have_shares_of_their_own() -> None:
    usage = LocalUsage()
    for key in ((1, "execution"), (2, "execution"), (1, "hint")):
        assert usage.take(*key, at()) == [1]


def test_a_new_day_has_a_new_share() -> None:
    usage = LocalUsage()
    for _ in range(3):
        usage.take(1, "execution", at())
    assert usage.take(1, "execution", at(12 * 3600 - 1)) is None
    assert usage.take(1, "execution", at(12 * 3600)) == [1]


def test_shorter_windows_hold_as_well() -> None:
    usage = LocalUsage()
    assert [usage.take(1, "execution", at(0, LIMITS)) for _ in range(3)] == [[1, 1], [2, 2], None]
    assert [usage.take(1, "execution", at(60, LIMITS)) for _ in range(3)] == [[3, 1], [4, 2], None]
    assert [usage.take(1, "execution", at(120, LIMITS)) for _ in range(2)] == [[5, 1], None]


def test_a_larger_plan_raises_the_share_and_keeps_its_count() -> None:
    usage = LocalUsage()
    for _ in range(3):
        usage.take(1, "execution", at())
    assert usage.take(1, "execution", at(0, (Limit(5),))) == [4]


def test_memory_is_bounded_and_forgets_who_was_not_seen_for_longest() -> None:
    usage = LocalUsage(capacity=2)
    for user in (1, 2, 1, 3):
        usage.take(user, "execution", at())
    assert usage.take(1, "execution", at()) == [3]
    assert usage.take(2, "execution", at()) == [1]


def test_of_many_threads_as_many_are_allowed_as_the_share_has() -> None:
    usage = LocalUsage()
    windows = at(0, (Limit(10),))
    results: list[object] = []

    def use() -> None:
        for _ in range(5):
            results.append(usage.take(1, "execution", windows))

    threads = [threading.Thread(target=use, daemon=True) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert sum(one is not None for one in results) == 10
