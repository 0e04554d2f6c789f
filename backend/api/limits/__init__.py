"""Limits of paid and expensive actions, for views: `limiter().paid(user, "hint")`.

Adds two things to the exact limiter on the table (`UsageLogRepository.admit`): the limits of the user's plan, and
a decision within bounded time if the table cannot be reached.
"""

from api.limits.errors import LimiterUnavailable, NotAdmitted
from api.limits.headers import headers
from api.limits.limiter import RateLimiter, Subscriber, limiter

__all__ = ["LimiterUnavailable", "NotAdmitted", "RateLimiter", "Subscriber", "headers", "limiter"]
