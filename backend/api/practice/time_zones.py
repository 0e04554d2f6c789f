"""Users' time zones: the names to choose from, and the zone in which a user's days are."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from api.composition import repositories
from api.dynamodb.schema.records import Practice
from api.http.errors import invalid_field
from config.environment import environment

_REGIONS = frozenset(
    [
        "Africa",
        "America",
        "Antarctica",
        "Arctic",
        "Asia",
        "Atlantic",
        "Australia",
        "Europe",
        "Indian",
        "Pacific",
    ]
)


@lru_cache(maxsize=1)
def time_zone_names() -> Mapping[str, ZoneInfo]:
    """The zones of this machine that are named after a place, and UTC, by name."""
    names = (name for name in available_timezones() if name == "UTC" or name.split("/")[0] in _REGIONS)
    return {name: ZoneInfo(name) for name in sorted(names)}


def time_zone_named(name: str | None) -> ZoneInfo:
    """The zone of a stored name; the product's for None, and for a name that this machine does not know."""
    zone = None if name is None else time_zone_names().get(name)
    return zone or environment().time_zone


def zone_of(practice: Practice) -> ZoneInfo:
    """The zone in which a user's days are. No call."""
    return time_zone_named(practice.time_zone)


def zone_of_user(user_id: int) -> ZoneInfo:
    """The zone in which a user's days are. One GetItem: 0.5 RCU."""
    return zone_of(repositories().practice.get_practice(user_id))


def checked_zone(name: str, field: str) -> ZoneInfo:
    """The zone of a name that a user chose. Raises `ApiError`, 422, for the field if there is none."""
    zone = time_zone_names().get(name)
    if zone is None:
        raise invalid_field(field, "unknown_time_zone")
    return zone
