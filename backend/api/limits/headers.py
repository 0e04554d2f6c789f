"""HTTP headers of a decision: those of the IETF draft "RateLimit header fields for HTTP", and `Retry-After`."""

from __future__ import annotations

import math
from datetime import datetime

from api.dynamodb.usage_limits.decisions import Decision, WindowUse
from api.dynamodb.usage_limits.windows import DAY_SECONDS


def _name(action: str, use: WindowUse) -> str:
    return f'"{action}"' if use.seconds == DAY_SECONDS else f'"{action}-{use.seconds}"'


def headers(action: str, decision: Decision, now: datetime) -> dict[str, str]:
    """The headers of the response to a limited request.

    now: the moment of the decision (aware).

    Each window is a separate policy; the day's has the action's name. `q` is the quota in uses, `w` the window,
    `r` the remaining uses and `t` the time to the end of the window. Times are whole seconds. `t` is rounded up,
    so that a client who waits that long is not too early. A denial also has `Retry-After`, which takes precedence.
    """
    policies = [f"{_name(action, use)};q={use.limit};w={use.seconds}" for use in decision.windows]
    states = [
        f"{_name(action, use)};r={use.remaining};t={max(0, math.ceil((use.reset_time - now).total_seconds()))}"
        for use in decision.windows
    ]
    fields = {"RateLimit-Policy": ", ".join(policies), "RateLimit": ", ".join(states)}
    if not decision.allowed:
        fields["Retry-After"] = str(decision.retry_after)
    return fields
