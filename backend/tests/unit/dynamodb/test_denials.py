"""What a process remembers of denials: truthful, bounded, and only as long as it is sure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from api.dynamodb.decisions import decide
from api.dynamodb.denials import Memory
from api.dynamodb.windows import Limit, windows_of

NOON = datetime(2026, 11, 21, 3, tzinfo=UTC)  # in Seoul
DAY = (Limit(3),)
BOTH = (Limit(5), Limit(2, 60))
LATER = NOON + timedelta(minutes=10)
DENIED = decide(windows_of(DAY, NOON), [3], NOON)


def test_a_denial_is_told_as_it_was_until_its_window_ends() -> None:
    memory, denied = Memory(), decide(windows_of(BOTH, NOON), [3, 2], NOON)
    memory.note(1, "execution", BOTH, denied, LATER)
    known = memory.find(1, "execution", BOTH, NOON + timedelta(seconds=20))
    assert known is not None
    assert (known.allowed, known.retry_after, known.source) == (False, 40, "memory")
    assert (known.windows, known.reset_time) == (denied.windows, denied.reset_time)
    assert memory.find(1, "execution", BOTH, NOON + timedelta(seconds=60)) is None
    assert memory.find(2, "execution", BOTH, NOON) is None
    assert memory.find(1, "hint", BOTH, NOON) is None


def test_a_denial_is_sure_for_its_time_and_known_until_midnight() -> None:
    memory = Memory()
    memory.note(1, "hint", DAY, DENIED, LATER)
    assert memory.find(1, "hint", DAY, LATER - timedelta(seconds=1)) is not None
    assert memory.find(1, "hint", DAY, LATER) is None
    assert memory.find(1, "hint", DAY, LATER, surely=False) is not None
    assert memory.find(1, "hint", DAY, NOON + timedelta(hours=12), surely=False) is None


def test_a_denial_under_other_limits_says_nothing() -> None:
    memory = Memory()
    memory.note(1, "hint", DAY, DENIED, LATER)
    assert memory.find(1, "hint", (Limit(4),), NOON) is None
    assert memory.find(1, "hint", BOTH, NOON) is None
    assert memory.find(1, "hint", DAY, NOON) is not None


def test_a_denial_is_forgotten() -> None:
    memory = Memory()
    memory.note(1, "hint", DAY, DENIED, LATER)
    memory.forget(1, "hint")
    memory.forget(1, "hint")
    assert memory.find(1, "hint", DAY, NOON) is None


def test_memory_is_bounded_and_the_oldest_goes() -> None:
    memory = Memory(capacity=2)
    for user in (1, 2, 1, 3):
        memory.note(user, "hint", DAY, DENIED, LATER)
        memory.note_apart(("USR", str(user)), 7)
    assert [memory.find(user, "hint", DAY, NOON) is not None for user in (1, 2, 3)] == [True, False, True]
    assert [memory.apart(("USR", str(user))) for user in (1, 2, 3)] == [0, 7, 7]
    for count in range(1, 9):
        memory.note(3, "hint", (Limit(count),), DENIED, LATER)
    kept = [count for count in range(1, 9) if memory.find(3, "hint", (Limit(count),), NOON)]
    assert kept == [5, 6, 7, 8]


def test_a_memory_of_no_size_remembers_nothing() -> None:
    memory = Memory(0)
    memory.note(1, "hint", DAY, DENIED, LATER)
    assert memory.find(1, "hint", DAY, NOON) is None
