"""What is left of a day's uses, as pages tell it before they are asked for, and when they refuse."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from django.utils.translation import ngettext

from api.dynamodb.clock import utc_now
from api.dynamodb.decisions import Decision
from api.dynamodb.repositories.records import User
from api.dynamodb.windows import DAY_SECONDS
from api.limits import NotAdmitted, headers, limiter
from config.environment import environment


class Quota(NamedTuple):
    """A day's uses of an action; `resets_at` is in the product's time zone."""

    action: str
    limit: int
    used: int
    left: int
    resets_at: datetime

    @property
    def zone(self) -> str:
        """The time zone in which the day ends."""
        return str(environment().time_zone)


def quota_of(user: User, action: str) -> Quota | None:
    """What a user has left today; None while that cannot be told. Cost as `RateLimiter.check`: 0.5 RCU."""
    decision = limiter().check(user["user_id"], user["subscription_plan_id"], action)
    return None if decision is None else of_day(action, decision)


def of_day(action: str, decision: Decision) -> Quota:
    """The day's part of a decision, which may be about a shorter window as well."""
    day = next((use for use in decision.windows if use.seconds == DAY_SECONDS), None)
    if day is None:
        return Quota(action, decision.limit, decision.count, decision.remaining, decision.reset_time)
    return Quota(action, day.limit, min(day.count, day.limit), day.remaining, day.reset_time)


class Denial(NamedTuple):
    """Why an action is refused: its limit, how long a window is that is full, and when to come again."""

    action: str
    limit: int
    seconds: int
    resets_at: datetime

    @property
    def zone(self) -> str:
        """The time zone in which the day ends."""
        return str(environment().time_zone)

    @property
    def is_daily(self) -> bool:
        """Whether the day's uses are used up, rather than those of a shorter while."""
        return self.seconds == DAY_SECONDS


def denial_of(refused: NotAdmitted) -> Denial:
    """The denial that a refusal by the limiter stands for: that of the full window which ends last."""
    decision = refused.decision
    full = [use for use in decision.windows if use.reset_time == decision.reset_time and use.remaining == 0]
    seconds = max((use.seconds for use in full), default=DAY_SECONDS)
    return Denial(refused.action, decision.limit, seconds, decision.reset_time)


def denial_headers(refused: NotAdmitted) -> dict[str, str]:
    """The headers of the page that says so: Retry-After and those of the limit."""
    return headers(refused.action, refused.decision, utc_now())


def left_text(quota: Quota) -> str:
    """What a message says is left after a use."""
    if quota.action == "hint":
        return ngettext(
            "%(left)d of %(limit)d hint left today.", "%(left)d of %(limit)d hints left today.", quota.left
        ) % {"left": quota.left, "limit": quota.limit}
    return ngettext(
        "%(left)d of %(limit)d run left today.", "%(left)d of %(limit)d runs left today.", quota.left
    ) % {"left": quota.left, "limit": quota.limit}
