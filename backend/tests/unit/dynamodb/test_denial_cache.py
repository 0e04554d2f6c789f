"""What a process remembers of denials: truthful, bounded, and only as long as it is sure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from api.dynamodb.usage_limits.decisions import decide
from api.dynamodb.usage_limits.denial_cache import DenialCache
from api.dynamodb.usage_limits.windows import Limit, windows_of

NOON = datetime(2026, 11, 21, 3, tzinfo=UTC)  # in Seoul
DAY = (Limit(3),)
BOTH = (Limit(5), Limit(2, 60))
LATER = NOON + timedelta(minutes=10)
DENIED = decide(windows_of(DAY, NOON), [3], NOON)


def test_a_denial_is_told_as_it_was_until_its_window_ends() -> None:
    cache, denied = DenialCache(), decide(windows_of(BOTH, NOON), [3, 2], NOON)
    cache.add(1, "execution", BOTH, denied, LATER)
    denial = cache.find(1, "execution", BOTH, NOON + timedelta(seconds=20))
    assert denial is not None
    assert (denial.allowed, denial.retry_after, denial.source) == (False, 40, "memory")
    assert (denial.windows, denial.reset_time) == (denied.windows, denied.reset_time)
    assert cache.find(1, "execution", BOTH, NOON + timedelta(seconds=60)) is None
    assert cache.find(2, "execution", BOTH, NOON) is None
    assert cache.find(1, "hint", BOTH, NOON) is None


def test_a_denial_is_sure_for_its_time_and_known_until_midnight() -> None:
    cache = DenialCache()
    cache.add(1, "hint", DAY, DENIED, LATER)
    assert cache.find(1, "hint", DAY, LATER - timedelta(seconds=1)) is not None
    assert cache.find(1, "hint", DAY, LATER) is None
    assert cache.find(1, "hint", DAY, LATER, only_final=False) is not None
    assert cache.find(1, "hint", DAY, NOON + timedelta(hours=12), only_final=False) is None


def test_a_denial_under_other_limits_says_nothing() -> None:
    cache = DenialCache()
    cache.add(1, "hint", DAY, DENIED, LATER)
    assert cache.find(1, "hint", (Limit(4),), NOON) is None
    assert cache.find(1, "hint", BOTH, NOON) is None
    assert cache.find(1, "hint", DAY, NOON) is not None


def test_a_denial_is_forgotten() -> None:
    cache = DenialCache()
    cache.add(1, "hint", DAY, DENIED, LATER)
    cache.forget(1, "hint")
    cache.forget(1, "hint")
    assert cache.find(1, "hint", DAY, NOON) is None


def test_memory_is_bounded_and_the_oldest_goes() -> None:
    cache = DenialCache(capacity=2)
    for user in (1, 2, 1, 3):
        cache.add(user, "hint", DAY, DENIED, LATER)
        cache.set_separate_count(("USR", str(user)), 7)
    assert [cache.find(user, "hint", DAY, NOON) is not None for user in (1, 2, 3)] == [True, False, True]
    assert [cache.separate_count(("USR", str(user))) for user in (1, 2, 3)] == [0, 7, 7]
    for count in range(1, 9):
        cache.add(3, "hint", (Limit(count),), DENIED, LATER)
    cached = [count for count in range(1, 9) if cache.find(3, "hint", (Limit(count),), NOON)]
    assert cached == [5, 6, 7, 8]


def test_a_memory_of_no_size_remembers_nothing() -> None:
    cache = DenialCache(0)
    cache.add(1, "hint", DAY, DENIED, LATER)
    assert cache.find(1, "hint", DAY, NOON) is None
