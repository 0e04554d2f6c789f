"""Every limited action: which field of a plan limits it, what limits it besides, what holds in an outage.

Limits of users without a plan (none, a missing or an inactive one) are declared here and nowhere else;
they are those of the Free plan.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from api.dynamodb.entities import USAGE_ACTIONS
from api.dynamodb.errors import InvalidInput
from api.dynamodb.windows import Limit

PlanField = Literal["max_hints_per_day", "max_executions_per_day"]


@dataclass(frozen=True)
class Refuse:
    """While the table cannot be asked nobody does it: 503."""


@dataclass(frozen=True)
class LocalShare:
    """While the table cannot be asked each process allows this fraction of a user's day, at least one use.

    As long as no more than 1/fraction processes serve, they stay within one day's limit together.
    """

    fraction: float

    def __post_init__(self) -> None:
        if not 0 < self.fraction <= 1:
            raise ValueError(f"a local share is above 0 and at most 1, not {self.fraction}")

    def limits(self, limits: Iterable[Limit]) -> tuple[Limit, ...]:
        """The share of limits, the day's first; shorter ones hold as they are."""
        day, *shorter = limits
        part = max(1, int(day.count * self.fraction))
        return (Limit(part, day.seconds), *(limit for limit in shorter if limit.count < part))


@dataclass(frozen=True)
class Action:
    """An action as it is limited: uses a day by the plan, `burst` limits of shorter windows, an outage policy."""

    name: str
    plan_field: PlanField
    default_per_day: int
    burst: tuple[Limit, ...]
    outage: Refuse | LocalShare

    def limits(self, per_day: int) -> tuple[Limit, ...]:
        """All limits under a plan's uses a day, the day's first; a burst limit not below it is left out."""
        return (Limit(per_day), *(limit for limit in self.burst if limit.count < per_day))


def declare(*actions: Action) -> Mapping[str, Action]:
    """The actions by name. Raises ValueError unless each of `entities.USAGE_ACTIONS` is there exactly once."""
    names = [action.name for action in actions]
    if sorted(names) != sorted(USAGE_ACTIONS):
        raise ValueError(f"declare each of {', '.join(USAGE_ACTIONS)} once, not {', '.join(names)}")
    return {action.name: action for action in actions}


ACTIONS = declare(
    # A hint costs money, so none is given on trust. No burst limit: the day's is small already, and each
    # window more takes 16 bytes a use of the day's item: a third fewer uses would fit into one write.
    Action("hint", "max_hints_per_day", 5, (), Refuse()),
    # An execution costs the seconds that it runs; a script must not run a whole day's at once.
    Action("execution", "max_executions_per_day", 50, (Limit(20, 60),), LocalShare(0.1)),
)

DEFAULTS: Mapping[str, int] = {name: action.default_per_day for name, action in ACTIONS.items()}


def action_of(name: str) -> Action:
    """The declared action. Raises `InvalidInput`."""
    try:
        return ACTIONS[name]
    except (KeyError, TypeError):
        raise InvalidInput(f"action {name!r} is not one of {', '.join(ACTIONS)}") from None
