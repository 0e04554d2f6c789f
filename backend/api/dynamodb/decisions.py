"""What the rate limiter answers: a decision, and the receipt by which a use can be given back."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from api.dynamodb.errors import OutcomeUnknown
from api.dynamodb.windows import Window

Source = Literal["table", "memory", "share"]


@dataclass(frozen=True)
class Receipt:
    """Names one use, for `refund`: its entry in the ledger, and the shorter windows that hold its id.

    `log_key` is the sort key of its log where that is an item of its own.
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
        """The use's own id, eight characters."""
        return self.entry[:8]


@dataclass(frozen=True)
class WindowUse:
    """One of a decision's limits: how many uses of `limit` its window of `seconds` holds, and its end."""

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

    `count`, `limit`, `remaining` and `reset_time` (aware) are those of the tightest window, all windows
    stand in `windows`. `retry_after` is in whole seconds, 0 when allowed. `receipt` is what `refund`
    takes, None when nothing was charged. `source` says who decided: the table, this process's memory of
    a denial, or its local share while the table could not be asked.
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
    """A use was sent and no answer came: it may be charged. `receipt` gives it back if it was."""

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
    """The decision for counts that include the use itself if there is a receipt.

    Denied is who has no receipt, and has to wait for the last of the full windows to end.
    """
    uses = tuple(
        WindowUse(window.limit.count, window.limit.seconds, count, window.reset)
        for window, count in zip(windows, counts, strict=True)
    )
    if receipt is not None or source == "share":
        main = min(uses, key=lambda use: use.remaining)
        return Decision(
            True, main.count, main.limit, main.remaining, main.reset_time, 0, uses, receipt, source
        )
    full = [use for use in uses if use.remaining == 0] or list(uses)
    main = max(full, key=lambda use: use.reset_time)
    wait = max(1, math.ceil((main.reset_time - now).total_seconds()))
    return Decision(False, main.count, main.limit, 0, main.reset_time, wait, uses, None, source)
