"""Statistics of a user: runs and solved problems, by platform, by language, and by day of a year."""

from __future__ import annotations

from datetime import date, timedelta
from typing import NamedTuple

from api.composition import repositories
from api.dynamodb.clock import utc_now
from api.dynamodb.usage_limits.windows import local_day

ACTIVITY_DAYS = 365


class Statistics(NamedTuple):
    """Sums over all runs of a user; lists have the most runs first.

    `activity` has the last 365 local days, today last. `complete` is False while older runs are still being
    added up: ask again.
    """

    runs: int
    passed_runs: int
    solved: int
    by_platform: list[tuple[str, int, int]]
    by_language: list[tuple[str, int]]
    activity: list[tuple[date, int]]
    complete: bool


def statistics_of(user_id: int) -> Statistics:
    """The statistics of a user as of now. Cost as `ProgressRepository.get_progress`: mostly two calls, 3 RCU."""
    progress = repositories().progress.get_progress(user_id)
    today = local_day(utc_now())
    days = [today - timedelta(ago) for ago in range(ACTIVITY_DAYS - 1, -1, -1)]
    platforms = [(name, part["runs"], part["solved"]) for name, part in progress["by_platform"].items()]
    return Statistics(
        progress["runs"], progress["passed_runs"], progress["solved"],
        sorted(platforms, key=lambda entry: (-entry[1], entry[0])),
        sorted(progress["by_language"].items(), key=lambda entry: (-entry[1], entry[0])),
        [(day, progress["by_day"].get(day, 0)) for day in days],
        progress["complete"],
    )  # fmt: skip
