"""The windows of rate limits: local days in the product's time zone, and shorter spans that divide a day."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property, lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from api.dynamodb.errors import InvalidInput
from api.dynamodb.schema.entities import USAGE_DAY
from config.environment import environment

DAY_SECONDS = 86_400
USES = USAGE_DAY.field("uses").short


@dataclass(frozen=True)
class Limit:
    """At most `count` uses in a window of `seconds`: a local day (86,400), or a shorter part of a day."""

    count: int
    seconds: int = DAY_SECONDS


@dataclass(frozen=True)
class Window:
    """One window of a limit, from `start` until before `end` (aware, UTC); `reset` is the end in local time."""

    limit: Limit
    start: datetime
    end: datetime
    reset: datetime

    @cached_property
    def attribute(self) -> str:
        """The attribute of the ledger with the uses of the window."""
        if self.limit.seconds == DAY_SECONDS:
            return USES
        index = (self.start - _start(local_day(self.start), environment().time_zone)) // timedelta(
            seconds=self.limit.seconds
        )
        return f"w{self.limit.seconds}.{index}"


def local_day(moment: datetime) -> date:
    """The day of a moment (aware) in the product's time zone."""
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
    """The first moment of a day in the product's time zone; later than 0:00 if clocks skip it."""
    return _local_start(day, environment().time_zone)


def limits_of(limit: Any) -> tuple[Limit, ...]:
    """A caller's limits, checked, the longest window first.

    limit: the number of uses a day, or a `Limit` of a day, or several `Limit`s of which one is of a day. Raises
    `InvalidInput`.
    """
    limits: Any = (Limit(limit),) if type(limit) is int else limit
    limits = tuple(limits) if isinstance(limits, Iterable) and not isinstance(limits, str) else (limits,)
    for entry in limits:
        if not isinstance(entry, Limit) or type(entry.count) is not int or entry.count < 1:
            raise InvalidInput(f"limit is {limit!r}: give a whole number of uses a day, from 1")
        if type(entry.seconds) is not int or not 1 <= entry.seconds <= DAY_SECONDS:
            raise InvalidInput(
                f"a limit's window is {entry.seconds!r}: give 1 to {DAY_SECONDS} whole seconds"
            )
    lengths = [entry.seconds for entry in limits]
    if DAY_SECONDS not in lengths or len(set(lengths)) != len(lengths):
        raise InvalidInput("give one limit of a day, and others of different, shorter windows")
    return tuple(sorted(limits, key=lambda entry: -entry.seconds))


def windows_of(limits: Iterable[Limit], now: datetime) -> tuple[Window, ...]:
    """The window of each limit at a moment (aware)."""
    day = local_day(now)
    zone = environment().time_zone
    start, end = _start(day, zone), _start(next_day(day), zone)
    windows = []
    for limit in limits:
        if limit.seconds == DAY_SECONDS:
            windows.append(Window(limit, start, end, _local_start(next_day(day), zone)))
        else:
            span = timedelta(seconds=limit.seconds)
            begins = start + (now - start) // span * span
            ends = min(begins + span, end)
            windows.append(Window(limit, begins, ends, ends.astimezone(zone)))
    return tuple(windows)
