"""Errors of the limiter: the table cannot be reached, or a limit is reached."""

from __future__ import annotations

from typing import Any

from api.dynamodb.errors import DataLayerError
from api.dynamodb.usage_limits.decisions import Decision


class LimiterUnavailable(DataLayerError):
    """The table cannot be reached, and the action is not allowed without it: 503 with `Retry-After`.

    retry_after: in whole seconds, at least 1. Nothing was charged, or it will be refunded.
    """

    def __init__(self, message: str, *, retry_after: int, **kw: Any) -> None:
        super().__init__(message, **kw)
        self.retry_after = retry_after


class NotAdmitted(Exception):
    """A limit is reached: 429. `decision` says which one, and when to try again."""

    def __init__(self, action: str, decision: Decision) -> None:
        super().__init__(f"{action}: the limit of {decision.limit} is reached until {decision.reset_time}")
        self.action = action
        self.decision = decision
