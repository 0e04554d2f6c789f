"""What the limiter raises: it cannot tell, or the answer is no."""

from __future__ import annotations

from typing import Any

from api.dynamodb.decisions import Decision
from api.dynamodb.errors import DataLayerError


class LimiterUnavailable(DataLayerError):
    """The table cannot be asked, and the action is not allowed without it: 503 with `Retry-After`.

    `retry_after` is in whole seconds, from 1. Nothing was charged, or what may be charged is given back.
    """

    def __init__(self, message: str, *, retry_after: int, **kw: Any) -> None:
        super().__init__(message, **kw)
        self.retry_after = retry_after


class NotAdmitted(Exception):
    """A limit is reached: 429. `decision` says which, and when to come again."""

    def __init__(self, action: str, decision: Decision) -> None:
        super().__init__(f"{action}: the limit of {decision.limit} is reached until {decision.reset_time}")
        self.action = action
        self.decision = decision
