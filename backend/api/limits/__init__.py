"""Limits of paid and heavy actions, as views ask for them: `limiter().paid(user, "hint")`.

It stands on the exact limiter of the table (`UsageLogRepository.admit`) and adds what a request needs:
the limits of the user's plan, and an answer within bounded time when the table cannot be asked.
"""

from api.limits.errors import LimiterUnavailable, NotAdmitted
from api.limits.headers import headers
from api.limits.limiter import RateLimiter, Subscriber, limiter

__all__ = ["LimiterUnavailable", "NotAdmitted", "RateLimiter", "Subscriber", "headers", "limiter"]
