"""Windows end at local midnight, whatever the clocks of the zone do; shorter ones divide the day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.dynamodb.errors import InvalidInput
from api.dynamodb.usage_limits.windows import (
    DAY_SECONDS,
    Limit,
    day_start,
    limits_of,
    local_day,
    next_day,
    windows_of,
)

ZONES = ("Asia/Seoul", "America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "America/Sao_Paulo")


@pytest.mark.parametrize(
    ("zone", "moment", "start", "hours"),
    [
        ("Asia/Seoul", "2026-11-21T14:59:59+00:00", "2026-11-20T15:00:00+00:00", 24),
        ("Asia/Seoul", "2026-11-21T15:00:00+00:00", "2026-11-21T15:00:00+00:00", 24),
        ("America/New_York", "2026-03-08T12:00:00+00:00", "2026-03-08T05:00:00+00:00", 23),
        ("America/New_York", "2026-11-01T12:00:00+00:00", "2026-11-01T04:00:00+00:00", 25),
        ("Australia/Lord_Howe", "2026-04-05T00:00:00+00:00", "2026-04-04T13:00:00+00:00", 24.5),
        # The day begins at 1:00: clocks went from 0:00 to 1:00.
        ("America/Sao_Paulo", "2018-11-04T12:00:00+00:00", "2018-11-04T03:00:00+00:00", 23),
    ],
)  # fmt: skip
def test_a_day_is_as_long_as_the_zone_says(
    use_settings: Callable[..., None], zone: str, moment: str, start: str, hours: float
) -> None:
    use_settings(ALGOITNY_TIME_ZONE=zone)
    (day,) = windows_of((Limit(5),), datetime.fromisoformat(moment))
    assert day.start == datetime.fromisoformat(start)
    assert day.end - day.start == timedelta(hours=hours)
    assert day.attribute == "us"


@pytest.mark.parametrize("zone", ZONES)
@settings(deadline=None)
@given(
    st.datetimes(datetime(2017, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    st.integers(1, DAY_SECONDS - 1),
)
def test_every_moment_is_in_one_window_of_its_day(zone: str, moment: datetime, seconds: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        from config.environment import environment

        patch.setenv("ALGOITNY_TIME_ZONE", zone)
        environment.cache_clear()
        try:
            day, part = windows_of((Limit(5), Limit(3, seconds)), moment)
            assert day.start <= part.start <= moment < part.end <= day.end
            assert part.end - part.start == timedelta(seconds=seconds) or part.end == day.end
            assert day_start(local_day(moment)) == day.start
            assert day_start(next_day(local_day(moment))) == day.end
            assert local_day(day.end - timedelta(microseconds=1)) == local_day(moment) != local_day(day.end)
            number = (part.start - day.start) / timedelta(seconds=seconds)
            assert part.attribute == f"w{seconds}.{number:.0f}"
        finally:
            patch.undo()
            environment.cache_clear()


def test_limits_come_back_with_the_days_first() -> None:
    assert limits_of(5) == (Limit(5),)
    assert limits_of(Limit(7)) == (Limit(7),)
    assert limits_of([Limit(2, 60), Limit(50), Limit(9, 3600)]) == (Limit(50), Limit(9, 3600), Limit(2, 60))


BAD: list[Any] = [
    0, -1, True, 2.0, "5", None, [], [5], [Limit(0)], [Limit(5, 60)], [Limit(5), Limit(6)],
    [Limit(5), Limit(2, 0)], [Limit(5), Limit(2, 86_401)], [Limit(5), Limit(2, 60), Limit(3, 60)],
    [Limit(5), Limit(2, 1.5)], Limit("5"), Limit(True), {"count": 5},  # type: ignore[arg-type]
]  # fmt: skip


@pytest.mark.parametrize("limit", BAD)
def test_limits_that_make_no_sense_are_refused(limit: object) -> None:
    with pytest.raises(InvalidInput, match="limit"):
        limits_of(limit)


def test_the_next_day_is_the_next_day() -> None:
    assert next_day(date(2026, 12, 31)) == date(2027, 1, 1)
