"""The windows of rate limits: local days of the product's time zone, and shorter spans that divide them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from api.dynamodb.errors import InvalidInput
from config.environment import environment

DAY_SECONDS = 86_400
USES = "us"


@dataclass(frozen=True)
class Limit:
    """At most `count` uses in a window of `seconds`: a local day (86,400), or a shorter part of one."""

    count: int
    seconds: int = DAY_SECONDS


@dataclass(frozen=True)
class Window:
    """The window of a limit that a moment falls in, from `start` until before `end` (aware, UTC).

    `reset` is the end in the product's time zone.
    """

    limit: Limit
    start: datetime
    end: datetime
    reset: datetime

    @property
    def attribute(self) -> str:
        """What the uses of the window stand under in their day's item; for a day that is `us`."""
        if self.limit.seconds == DAY_SECONDS:
            return USES
        index = (self.start - _start(local_day(self.start), environment().time_zone)) // timedelta(
            seconds=self.limit.seconds
        )
        return f"w{self.limit.seconds}.{index}"


def local_day(moment: datetime) -> date:
    """The day of a moment in the product's time zone."""
    return moment.astimezone(environment().time_zone).date()


def next_day(day: date) -> date:
    """The day after."""
    return day + timedelta(days=1)


@lru_cache(maxsize=64)
def _start(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time.min, zone).astimezone(UTC)


@lru_cache(maxsize=64)
def _local_start(day: date, zone: ZoneInfo) -> datetime:
    return _start(day, zone).astimezone(zone)


def day_start(day: date) -> datetime:
    """The first moment of a local day, in the product's time zone; later than 0:00 where clocks skip it."""
    return _local_start(day, environment().time_zone)


def limits_of(limit: Any) -> tuple[Limit, ...]:
    """The limits that a caller gives: uses a day as a number, or one `Limit` of a day and any shorter ones.

    They come back checked, the day's first. Raises `InvalidInput`.
    """
    given = (Limit(limit),) if type(limit) is int else limit
    limits = tuple(given) if isinstance(given, Iterable) and not isinstance(given, str) else (given,)
    for one in limits:
        if not isinstance(one, Limit) or type(one.count) is not int or one.count < 1:
            raise InvalidInput(f"limit is {limit!r}: give a whole number of uses a day, from 1")
        if type(one.seconds) is not int or not 1 <= one.seconds <= DAY_SECONDS:
            raise InvalidInput(f"a limit's window is {one.seconds!r}: give 1 to {DAY_SECONDS} whole seconds")
    lengths = [one.seconds for one in limits]
    if DAY_SECONDS not in lengths or len(set(lengths)) != len(lengths):
        raise InvalidInput("give one limit of a day, and others of different, shorter windows")
    return tuple(sorted(limits, key=lambda one: -one.seconds))


def windows_of(limits: Iterable[Limit], now: datetime) -> tuple[Window, ...]:
    """The window of each limit at a moment."""
    day = local_day(now)
    zone = environment().time_zone
    start, end = _start(day, zone), _start(next_day(day), zone)
    found = []
    for limit in limits:
        if limit.seconds == DAY_SECONDS:
            found.append(Window(limit, start, end, _local_start(next_day(day), zone)))
        else:
            span = timedelta(seconds=limit.seconds)
            begins = start + (now - start) // span * span
            ends = min(begins + span, end)
            found.append(Window(limit, begins, ends, ends.astimezone(zone)))
    return tuple(found)
