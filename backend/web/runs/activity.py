"""The heat map of a user's activity, as pages show it."""

from __future__ import annotations

from typing import NamedTuple

from django.utils.formats import get_format
from django.utils.translation import ngettext

from api.dynamodb.clock import utc_now
from api.dynamodb.schema.records import Progress
from api.practice.time_zones import time_zone_named
from web.rendering.heat_map import HeatMap, heat_map


class HeatMapCell(NamedTuple):
    """A day of the heat map as strings, because templates format integers slowly."""

    x: str
    y: str
    level: str
    title: str


def heat_map_of(progress: Progress) -> HeatMap:
    """The heat map of a user's runs, in days of their time zone."""
    # Django counts weekdays from Sunday, Python from Monday.
    first_weekday = (int(get_format("FIRST_DAY_OF_WEEK")) - 1) % 7
    today = utc_now().astimezone(time_zone_named(progress["zone"])).date()
    return heat_map(progress["by_day"], today, first_weekday=first_weekday)


def squares_of(heat: HeatMap) -> list[HeatMapCell]:
    """The days of the heat map with their tooltips."""
    titles = {
        runs: ngettext("%(runs)d run", "%(runs)d runs", runs) % {"runs": runs}
        for runs in {day.runs for day in heat.days}
    }
    return [
        HeatMapCell(str(day.x), str(day.y), str(day.level), f"{day.day.isoformat()}: {titles[day.runs]}")
        for day in heat.days
    ]
