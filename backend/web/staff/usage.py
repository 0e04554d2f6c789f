"""A user's daily usage of limited actions, as a table with bars."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from api.staff.users import uses_by_day

DAYS = 14
_ACTIONS = ("hint", "execution")
# The width of the longest bar, in units of the SVG.
_FULL = 100


class Bar(NamedTuple):
    """The number of uses of an action, and the width of its bar."""

    uses: int
    width: int


class Day(NamedTuple):
    """A local day with a bar for each action."""

    day: date
    bars: list[Bar]


def usage_by_day(user_id: int) -> list[Day]:
    """The last 14 days, today first. The largest value of each action has a full bar. Cost as `uses_by_day`."""
    days = uses_by_day(user_id, DAYS)
    most = {action: max(1, *(uses.get(action, 0) for _, uses in days)) for action in _ACTIONS}
    return [
        Day(day, [Bar(uses.get(name, 0), _FULL * uses.get(name, 0) // most[name]) for name in _ACTIONS])
        for day, uses in days
    ]
