"""The expected progress of a user, counted from the list of all runs without the code under test."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

SEOUL = ZoneInfo("Asia/Seoul")


def recounted(runs: Iterable[Any], now: datetime, zone: ZoneInfo = SEOUL) -> dict[str, Any]:
    """What `get_progress` should say of these runs at that moment, in a time zone."""
    oldest_first = sorted(runs, key=lambda run: (run["created_at"], run["history_id"]))
    passed = [
        run for run in oldest_first if run["total_count"] > 0 and run["passed_count"] == run["total_count"]
    ]
    first_solver: dict[int, Any] = {}
    for run in passed:
        if run["problem_id"] is not None:
            first_solver.setdefault(run["problem_id"], run)
    spelling = {run["platform"].casefold(): run["platform"] for run in oldest_first}
    languages = {run["language"].casefold(): run["language"] for run in oldest_first}
    solved_on = Counter(run["platform"].casefold() for run in first_solver.values())
    today = now.astimezone(zone).date()
    days: Counter[date] = Counter()
    for run in oldest_first:
        day = run["created_at"].astimezone(zone).date()
        if today - timedelta(days=369) <= day <= today:
            days[day] += 1
    return {
        "runs": len(oldest_first),
        "passed_runs": len(passed),
        "solved": len(first_solver),
        "solved_ids": frozenset(first_solver),
        "attempted_ids": frozenset(
            run["problem_id"]
            for run in oldest_first
            if run["problem_id"] is not None and run["problem_id"] not in first_solver
        ),
        "by_platform": {
            name: {
                "runs": sum(run["platform"].casefold() == key for run in oldest_first),
                "solved": solved_on[key],
            }
            for key, name in spelling.items()
        },
        "by_language": {
            name: sum(run["language"].casefold() == key for run in oldest_first)
            for key, name in languages.items()
        },
        "by_day": dict(days),
        "latest_attempted": _latest_attempted(oldest_first, first_solver),
        "solved_days": _solved_days(passed, first_solver, today, zone),
        "zone": zone.key,
        "complete": True,
    }


def _latest_attempted(oldest_first: list[Any], solved: dict[int, Any]) -> list[int]:
    numbers = [run["problem_id"] for run in reversed(oldest_first)]
    return list(dict.fromkeys(number for number in numbers if number is not None and number not in solved))[
        :20
    ]


def _solved_days(passed: list[Any], first: dict[int, Any], today: date, zone: ZoneInfo) -> dict[int, Any]:
    def day_of(run: Any) -> date:
        moment: datetime = run["created_at"]
        return moment.astimezone(zone).date()

    last = {run["problem_id"]: day_of(run) for run in passed}
    latest = list(first.items())[-100:]
    return {
        number: (day_of(run), last[number])
        for number, run in latest
        if day_of(run) >= today - timedelta(days=60)
    }
