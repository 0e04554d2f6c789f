"""A user's use of limited actions by day, as a table with bars."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from api.staff.users import uses_by_day

DAYS = 14
_ACTIONS = ("hint", "execution")
# The longest bar, in the units of the bar's own picture.
_FULL = 100


class Bar(NamedTuple):
    """Uses of an action, and how long the bar of them is."""

    uses: int
    width: int


class Day(NamedTuple):
    """A local day with a bar for each action."""

    day: date
    bars: list[Bar]


def days_of_use(user_id: int) -> list[Day]:
    """The last 14 days, today first; each action's most used day has the full bar. Cost as `uses_by_day`."""
    days = uses_by_day(user_id, DAYS)
    most = {action: max(1, *(uses.get(action, 0) for _, uses in days)) for action in _ACTIONS}
    return [
        Day(day, [Bar(uses.get(name, 0), _FULL * uses.get(name, 0) // most[name]) for name in _ACTIONS])
        for day, uses in days
    ]
