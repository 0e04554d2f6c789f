"""The layout of the activity heat map: 53 weeks of days with their numbers of runs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from itertools import pairwise
from math import ceil
from typing import NamedTuple

WEEKS = 53
LEVELS = 4
CELL, GAP = 11, 3
LEFT, TOP = 0, 18
_STEP = CELL + GAP
# The width in weeks that a month's name needs.
_NAME_WEEKS = 3


class Day(NamedTuple):
    """A day and its position; `level` is 0 without runs, up to 4 for the busiest days."""

    day: date
    runs: int
    level: int
    x: int
    y: int


class Month(NamedTuple):
    """A month: its first day, the position of its name (None without room), and its active days."""

    first: date
    x: int | None
    runs: int
    active: list[Day]


class HeatMap(NamedTuple):
    """A drawing of `width` x `height`; days and months are in chronological order."""

    days: list[Day]
    months: list[Month]
    width: int
    height: int
    runs: int
    active_days: int
    busiest: Day | None

    @property
    def names(self) -> list[Month]:
        """The months whose names are drawn."""
        return [month for month in self.months if month.x is not None]


def heat_map(by_day: Mapping[date, int], today: date, *, first_weekday: int = 0) -> HeatMap:
    """The heat map of the 53 weeks up to today; weeks start on `first_weekday` (0 is Monday).

    The totals do not include days outside the map.
    """
    into = (today.weekday() - first_weekday) % 7
    start = today - timedelta(days=into + 7 * (WEEKS - 1))
    dates = [start + timedelta(days=n) for n in range((today - start).days + 1)]
    cap = _cap([by_day[day] for day in dates if by_day.get(day, 0) > 0])
    days = [
        Day(day, runs := by_day.get(day, 0), min(LEVELS, ceil(LEVELS * runs / cap)),
            LEFT + n // 7 * _STEP, TOP + n % 7 * _STEP)
        for n, day in enumerate(dates)
    ]  # fmt: skip
    active = [day for day in days if day.runs]
    return HeatMap(
        days, _months(days), LEFT + WEEKS * _STEP - GAP, TOP + 7 * _STEP - GAP,
        sum(day.runs for day in active), len(active), max(active, key=lambda day: day.runs, default=None),
    )  # fmt: skip


def _cap(counts: list[int]) -> int:
    """The runs per day of the darkest level: the 90th percentile, so that one extreme day does not hide the others."""
    return max(LEVELS, sorted(counts)[len(counts) * 9 // 10]) if counts else LEVELS


def _months(days: list[Day]) -> list[Month]:
    months: list[Month] = []
    for day in days:
        first = day.day.replace(day=1)
        if not months or months[-1].first != first:
            months.append(Month(first, day.x, 0, []))
        if day.runs:
            month = months[-1]
            month.active.append(day)
            months[-1] = month._replace(runs=month.runs + day.runs)
    for n, (month, following) in enumerate(pairwise(months)):
        if month.x is not None and following.x is not None and following.x - month.x < _NAME_WEEKS * _STEP:
            months[n] = month._replace(x=None)
    last = months[-1]
    if last.x is not None and last.x > LEFT + (WEEKS - _NAME_WEEKS + 1) * _STEP:
        months[-1] = last._replace(x=None)
    return months
