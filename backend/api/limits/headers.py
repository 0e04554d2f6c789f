"""A decision as HTTP headers: those of the IETF's draft "RateLimit header fields for HTTP", and `Retry-After`."""

from __future__ import annotations

import math
from datetime import datetime

from api.dynamodb.decisions import Decision, WindowUse
from api.dynamodb.windows import DAY_SECONDS


def _name(action: str, use: WindowUse) -> str:
    return f'"{action}"' if use.seconds == DAY_SECONDS else f'"{action}-{use.seconds}"'


def headers(action: str, decision: Decision, now: datetime) -> dict[str, str]:
    """The headers of the answer to a limited request; `now` (aware) is the moment of the decision.

    Each window is a policy of its own, the day's under the action's name: quota `q` in uses, window `w`,
    what remains `r`, and `t`, the time to its end. Times are whole seconds; `t` is rounded up, so that
    who waits so long does not come too early. A denial has `Retry-After` too, which wins.
    """
    policies = [f"{_name(action, use)};q={use.limit};w={use.seconds}" for use in decision.windows]
    states = [
        f"{_name(action, use)};r={use.remaining};t={max(0, math.ceil((use.reset_time - now).total_seconds()))}"
        for use in decision.windows
    ]
    found = {"RateLimit-Policy": ", ".join(policies), "RateLimit": ", ".join(states)}
    if not decision.allowed:
        found["Retry-After"] = str(decision.retry_after)
    return found
