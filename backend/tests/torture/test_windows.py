"""A minute's uses stay counted, whatever a worker with a late clock or a caller with other limits does meanwhile."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from api.dynamodb.repositories import UsageLogRepository
from api.dynamodb.usage_limits.windows import Limit
from tests.torture.torture_table import TortureTable

NOON = datetime(2036, 11, 21, 3, tzinfo=UTC)
METADATA = {"text": "x" * 600}


@pytest.fixture(params=["in-the-ledger", "apart"])
def day_limit(request: pytest.FixtureRequest) -> int:
    return 20 if request.param == "in-the-ledger" else 300


def test_a_worker_whose_clock_is_late_does_not_undo_the_next_minute(
    torture_table: TortureTable, day_limit: int
) -> None:
    now = NOON
    usage = UsageLogRepository(now=lambda: now)
    user_id, limits = torture_table.new_user(), [Limit(day_limit), Limit(2, 60)]
    assert [usage.admit(user_id, "hint", limits).allowed for _ in range(2)] == [True, True]
    now = NOON - timedelta(milliseconds=1)
    assert usage.admit(user_id, "hint", limits).allowed  # of the minute before
    now = NOON
    assert not usage.admit(user_id, "hint", limits).allowed


def test_a_use_under_other_limits_does_not_undo_the_minute(
    torture_table: TortureTable, day_limit: int
) -> None:
    usage = UsageLogRepository(now=lambda: NOON)
    user_id, limits = torture_table.new_user(), [Limit(day_limit), Limit(2, 60)]
    assert [usage.admit(user_id, "hint", limits).allowed for _ in range(2)] == [True, True]
    assert usage.admit(user_id, "hint", [Limit(day_limit), Limit(10, 3600)]).allowed
    assert usage.admit(user_id, "hint", day_limit, metadata=METADATA).allowed
    assert not usage.admit(user_id, "hint", limits).allowed
