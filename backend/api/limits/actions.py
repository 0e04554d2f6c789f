"""The limited actions: the plan's field with the limit, further limits, and the policy during an outage.

The limits of users without a plan, or with a missing or inactive one, are declared here too. They are those of
the Free plan.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from api.dynamodb.errors import InvalidInput
from api.dynamodb.schema.entities import USAGE_ACTIONS
from api.dynamodb.usage_limits.windows import Limit

PlanField = Literal["max_hints_per_day", "max_executions_per_day"]


@dataclass(frozen=True)
class RefuseAll:
    """While the table cannot be reached, nobody may do the action: 503."""


@dataclass(frozen=True)
class LocalAllowance:
    """While the table cannot be reached, each process allows this fraction of a user's daily limit, at least one use.

    Up to 1/fraction processes together stay within the daily limit.
    """

    fraction: float

    def __post_init__(self) -> None:
        if not 0 < self.fraction <= 1:
            raise ValueError(f"a local allowance is above 0 and at most 1, not {self.fraction}")

    def limits(self, limits: Iterable[Limit]) -> tuple[Limit, ...]:
        """The limits of one process, the day's first. Limits of shorter windows do not change."""
        day, *shorter = limits
        count = max(1, int(day.count * self.fraction))
        return (Limit(count, day.seconds), *(limit for limit in shorter if limit.count < count))


@dataclass(frozen=True)
class LimitedAction:
    """A limited action.

    plan_field: the plan's field with the daily limit. default_per_day: the daily limit without a plan.
    burst: limits of shorter windows. outage: the policy while the table cannot be reached.
    """

    name: str
    plan_field: PlanField
    default_per_day: int
    burst: tuple[Limit, ...]
    outage: RefuseAll | LocalAllowance

    def limits(self, per_day: int) -> tuple[Limit, ...]:
        """All limits for a daily limit, which comes first. Burst limits that are not smaller are left out."""
        return (Limit(per_day), *(limit for limit in self.burst if limit.count < per_day))


def declare(*actions: LimitedAction) -> Mapping[str, LimitedAction]:
    """The actions by name. Raises ValueError unless each of `entities.USAGE_ACTIONS` occurs exactly once."""
    names = [action.name for action in actions]
    if sorted(names) != sorted(USAGE_ACTIONS):
        raise ValueError(f"declare each of {', '.join(USAGE_ACTIONS)} once, not {', '.join(names)}")
    return {action.name: action for action in actions}


ACTIONS = declare(
    # A hint costs money, so none is allowed without the table. No burst limit: the daily limit is small, and
    # another window takes 16 bytes per use in the ledger, so that a third fewer uses would fit.
    LimitedAction("hint", "max_hints_per_day", 5, (), RefuseAll()),
    # An execution costs only its run time. The burst limit keeps scripts from using up a day's limit at once.
    LimitedAction("execution", "max_executions_per_day", 50, (Limit(20, 60),), LocalAllowance(0.1)),
)

DEFAULTS: Mapping[str, int] = {name: action.default_per_day for name, action in ACTIONS.items()}


def action_of(name: str) -> LimitedAction:
    """The action with that name. Raises `InvalidInput`."""
    try:
        return ACTIONS[name]
    except (KeyError, TypeError):
        raise InvalidInput(f"action {name!r} is not one of {', '.join(ACTIONS)}") from None
