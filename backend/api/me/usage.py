"""What I may still do today: each limited action with its limit, its uses so far, and when they start anew."""

from __future__ import annotations

import math
from datetime import datetime
from typing import NamedTuple

from api.dynamodb.clock import utc_now
from api.dynamodb.usage_limits.windows import DAY_SECONDS, Limit, windows_of
from api.limits import limiter
from api.limits.actions import ACTIONS


class ActionUse(NamedTuple):
    """An action today. Numbers are None while the table cannot be asked for them; the reset is always known.

    `resets_at` is the next midnight of the product's time zone, `resets_in` the whole seconds to it.
    """

    action: str
    limit: int | None
    used: int | None
    remaining: int | None
    resets_at: datetime
    resets_in: int

    @property
    def is_known(self) -> bool:
        """Whether the table could be asked."""
        return self.limit is not None


def usage_of(user_id: int, plan_id: int | None) -> list[ActionUse]:
    """Today's use of every limited action. For each one GetItem: 0.5 RCU, and once in 10 s that of the plan."""
    return [_use(user_id, plan_id, action) for action in ACTIONS]


def _use(user_id: int, plan_id: int | None, action: str) -> ActionUse:
    now = utc_now()
    (day,) = windows_of((Limit(1, DAY_SECONDS),), now)
    resets_in = math.ceil((day.end - now).total_seconds())
    decision = limiter().check(user_id, plan_id, action)
    if decision is None:
        return ActionUse(action, None, None, None, day.reset, resets_in)
    used = min(decision.count, decision.limit)
    return ActionUse(action, decision.limit, used, decision.limit - used, day.reset, resets_in)
