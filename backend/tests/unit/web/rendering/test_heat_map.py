"""The map of activity: which days it has, how dark they are, and which names of months fit."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest

from web.rendering.heat_map import GAP, LEVELS, TOP, WEEKS, heat_map

TODAY = date(2026, 11, 27)  # a Friday


@pytest.mark.parametrize(("first_weekday", "days_of_the_last_week"), [(0, 5), (6, 6), (4, 1), (5, 7)])
def test_it_has_53_weeks_that_end_with_today(first_weekday: int, days_of_the_last_week: int) -> None:
    drawn = heat_map({}, TODAY, first_weekday=first_weekday)
    assert len(drawn.days) == 7 * (WEEKS - 1) + days_of_the_last_week
    assert drawn.days[-1].day == TODAY
    assert drawn.days[0].day.weekday() == first_weekday
    assert {day.y for day in drawn.days} == {TOP + n * 14 for n in range(7)}
    assert max(day.x for day in drawn.days) + 11 == drawn.width
    assert drawn.height + GAP == TOP + 7 * 14


def test_nobody_did_anything() -> None:
    drawn = heat_map({}, TODAY)
    assert (drawn.runs, drawn.active_days, drawn.busiest) == (0, 0, None)
    assert {day.level for day in drawn.days} == {0}


def test_more_runs_are_never_lighter_and_any_run_is_seen() -> None:
    counts = {TODAY - timedelta(days=n): n for n in range(1, 30)}
    by_runs = sorted((day.runs, day.level) for day in heat_map(counts, TODAY).days)
    levels = [level for _, level in by_runs]
    assert levels == sorted(levels)
    assert set(levels) == set(range(LEVELS + 1))
    assert all((runs > 0) == (level > 0) for runs, level in by_runs)


def test_one_wild_day_does_not_hide_the_others() -> None:
    counts = {TODAY - timedelta(days=n): 8 for n in range(1, 30)} | {TODAY: 1000}
    assert {day.level for day in heat_map(counts, TODAY).days if day.runs} == {LEVELS}


def test_a_single_run_is_not_the_darkest() -> None:
    assert heat_map({TODAY: 1}, TODAY).days[-1].level == 1


def test_days_before_the_map_do_not_count() -> None:
    drawn = heat_map({TODAY - timedelta(days=369): 5, TODAY: 2}, TODAY, first_weekday=4)
    assert (drawn.runs, drawn.active_days) == (2, 1)


@pytest.mark.parametrize("n", range(0, 366, 7))
def test_names_of_months_never_overlap_nor_leave_the_drawing(n: int) -> None:
    drawn = heat_map({}, TODAY + timedelta(days=n))
    places = [month.x for month in drawn.names if month.x is not None]
    assert places == sorted(places)
    assert all(b - a >= 3 * 14 for a, b in pairwise(places))
    assert places[-1] + 2 * 14 - GAP <= drawn.width
    assert len(places) >= 11


def test_months_list_their_days_with_runs() -> None:
    counts = {date(2026, 11, 3): 2, date(2026, 11, 20): 1, date(2026, 10, 1): 4}
    months = heat_map(counts, TODAY).months
    assert [(m.first, m.runs, [d.day.day for d in m.active]) for m in months[-2:]] == [
        (date(2026, 10, 1), 4, [1]),
        (date(2026, 11, 1), 3, [3, 20]),
    ]
