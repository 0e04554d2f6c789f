"""Statistics of a user: runs and solved problems, by platform, by language, and by day of a year."""

from __future__ import annotations

from datetime import date, timedelta
from typing import NamedTuple

from api.composition import repositories
from api.dynamodb.clock import utc_now
from api.practice.time_zones import zone_of_user

ACTIVITY_DAYS = 365


class Statistics(NamedTuple):
    """Sums over all runs of a user; lists have the most runs first.

    `activity` has the last 365 days of the user's time zone, `zone`, today last. `complete` is False while older runs
    are still being added up: ask again.
    """

    runs: int
    passed_runs: int
    solved: int
    by_platform: list[tuple[str, int, int]]
    by_language: list[tuple[str, int]]
    activity: list[tuple[date, int]]
    zone: str
    complete: bool


def statistics_of(user_id: int) -> Statistics:
    """The statistics of a user as of now. Mostly three calls, 3.5 RCU: `zone_of_user`, `get_progress`."""
    zone = zone_of_user(user_id)
    progress = repositories().progress.get_progress(user_id, zone=zone)
    today = utc_now().astimezone(zone).date()
    days = [today - timedelta(ago) for ago in range(ACTIVITY_DAYS - 1, -1, -1)]
    platforms = [(name, part["runs"], part["solved"]) for name, part in progress["by_platform"].items()]
    return Statistics(
        progress["runs"], progress["passed_runs"], progress["solved"],
        sorted(platforms, key=lambda entry: (-entry[1], entry[0])),
        sorted(progress["by_language"].items(), key=lambda entry: (-entry[1], entry[0])),
        [(day, progress["by_day"].get(day, 0)) for day in days],
        zone.key,
        progress["complete"],
    )  # fmt: skip
