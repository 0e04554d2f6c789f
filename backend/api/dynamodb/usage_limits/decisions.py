"""The rate limiter's decisions, and the receipts by which uses can be refunded."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from api.dynamodb.errors import OutcomeUnknown
from api.dynamodb.usage_limits.windows import Window

Source = Literal["table", "memory", "local"]


@dataclass(frozen=True)
class Receipt:
    """Identifies one use for `refund`.

    day: the local day on which it counts. entry: its entry in the ledger. shorter: the attributes of the shorter
    windows in which it counts. log_key: the sort key of its log, if that is a separate item.
    """

    user_id: int
    action: str
    day: date
    entry: str
    admitted_at: datetime
    shorter: tuple[str, ...] = ()
    log_key: str | None = None
    log_id: int = 0

    @property
    def use_id(self) -> str:
        """The use's id, eight characters."""
        return self.entry[:8]


@dataclass(frozen=True)
class WindowUse:
    """The use of one limit: `count` of `limit` uses in its window of `seconds`, which ends at `reset_time` (aware)."""

    limit: int
    seconds: int
    count: int
    reset_time: datetime

    @property
    def remaining(self) -> int:
        """How many uses are left."""
        return max(0, self.limit - self.count)


@dataclass(frozen=True)
class Decision:
    """Whether a user may do an action now.

    count, limit, remaining, reset_time (aware): of the tightest window.
    retry_after: in whole seconds, 0 if allowed.
    windows: all windows.
    receipt: for `refund`; None if nothing was charged.
    source: who decided: the table, this process's cache of denials ("memory"), or its local allowance while the
    table could not be reached ("local").
    """

    allowed: bool
    count: int
    limit: int
    remaining: int
    reset_time: datetime
    retry_after: int
    windows: tuple[WindowUse, ...]
    receipt: Receipt | None = None
    source: Source = "table"


class AdmissionUnknown(OutcomeUnknown):
    """The response to an admission was lost, so the use may be charged. `receipt` refunds it if it was."""

    def __init__(self, message: str, *, receipt: Receipt, **kw: Any) -> None:
        super().__init__(message, **kw)
        self.receipt = receipt


def decide(
    windows: Sequence[Window],
    counts: Sequence[int],
    now: datetime,
    *,
    receipt: Receipt | None = None,
    source: Source = "table",
) -> Decision:
    """The decision for the uses counted in each window.

    With a receipt, or from the local allowance, the use is allowed, and the counts include it. Otherwise it is
    denied until the last of the full windows ends. now: aware.
    """
    uses = tuple(
        WindowUse(window.limit.count, window.limit.seconds, count, window.reset)
        for window, count in zip(windows, counts, strict=True)
    )
    if receipt is not None or source == "local":
        tightest = min(uses, key=lambda use: use.remaining)
        return Decision(
            True,
            tightest.count,
            tightest.limit,
            tightest.remaining,
            tightest.reset_time,
            0,
            uses,
            receipt,
            source,
        )
    full = [use for use in uses if use.remaining == 0] or list(uses)
    last = max(full, key=lambda use: use.reset_time)
    wait = max(1, math.ceil((last.reset_time - now).total_seconds()))
    return Decision(False, last.count, last.limit, 0, last.reset_time, wait, uses, None, source)
