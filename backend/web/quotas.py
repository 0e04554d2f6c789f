"""Daily quotas: what is left before an action, and why an action was denied."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from django.utils.translation import ngettext

from api.dynamodb.clock import utc_now
from api.dynamodb.schema.records import User
from api.dynamodb.usage_limits.decisions import Decision
from api.dynamodb.usage_limits.windows import DAY_SECONDS
from api.limits import NotAdmitted, headers, limiter
from config.environment import environment
from web.preferences.time_zone import shown_zone


class Quota(NamedTuple):
    """A daily quota of an action."""

    action: str
    limit: int
    used: int
    left: int
    resets_at: datetime

    @property
    def zone(self) -> str:
        """The name of the product's time zone, whose days limits count."""
        return str(environment().time_zone)

    @property
    def shown_zone(self) -> str:
        """The name of the time zone in which the page shows moments."""
        return shown_zone().key


def quota_of(user: User, action: str) -> Quota | None:
    """A user's quota for today, None if it cannot be read. Cost as `RateLimiter.check`: 0.5 RCU."""
    decision = limiter().check(user["user_id"], user["subscription_plan_id"], action)
    return None if decision is None else of_day(action, decision)


def of_day(action: str, decision: Decision) -> Quota:
    """The daily window of a decision, which may also cover shorter windows."""
    day = next((use for use in decision.windows if use.seconds == DAY_SECONDS), None)
    if day is None:
        return Quota(action, decision.limit, decision.count, decision.remaining, decision.reset_time)
    return Quota(action, day.limit, min(day.count, day.limit), day.remaining, day.reset_time)


class Denial(NamedTuple):
    """Why an action was denied: its limit, the length of the exhausted window, and when it resets."""

    action: str
    limit: int
    seconds: int
    resets_at: datetime

    @property
    def zone(self) -> str:
        """The name of the product's time zone, whose days limits count."""
        return str(environment().time_zone)

    @property
    def shown_zone(self) -> str:
        """The name of the time zone in which the page shows moments."""
        return shown_zone().key

    @property
    def is_daily(self) -> bool:
        """Whether the daily limit is exhausted, not a shorter one."""
        return self.seconds == DAY_SECONDS


def denial_of(refused: NotAdmitted) -> Denial:
    """The denial for the limiter's error: the exhausted window that ends last."""
    decision = refused.decision
    full = [use for use in decision.windows if use.reset_time == decision.reset_time and use.remaining == 0]
    seconds = max((use.seconds for use in full), default=DAY_SECONDS)
    return Denial(refused.action, decision.limit, seconds, decision.reset_time)


def denial_headers(refused: NotAdmitted) -> dict[str, str]:
    """The headers of the denial: Retry-After and the rate limit headers."""
    return headers(refused.action, refused.decision, utc_now())


def left_text(quota: Quota) -> str:
    """The message that says what is left after an action."""
    if quota.action == "hint":
        return ngettext(
            "%(left)d of %(limit)d hint left today.", "%(left)d of %(limit)d hints left today.", quota.left
        ) % {"left": quota.left, "limit": quota.limit}
    return ngettext(
        "%(left)d of %(limit)d run left today.", "%(left)d of %(limit)d runs left today.", quota.left
    ) % {"left": quota.left, "limit": quota.limit}
