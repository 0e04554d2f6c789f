"""What the limiter did besides its daily work: one log line and one count for each event."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from typing import Any, Literal, get_args

logger = logging.getLogger("algoitny.limits")

Event = Literal[
    "breaker_open", "breaker_half_open", "breaker_closed",
    "plan_not_read",  # a plan's limits could not be read again; those known before hold
    "quota_not_read",
    "admission_unknown",  # a use that may be charged, without an answer
    "refused", "allowed_by_share", "denied_by_memory",  # decisions without the table
    "refunded", "refund_later", "refund_not_charged", "refund_dropped",
]  # fmt: skip
EVENTS: tuple[Event, ...] = get_args(Event)
_QUIET = frozenset({"breaker_half_open", "breaker_closed", "refunded", "refund_not_charged"})


class Counts:
    """How often each kind of thing happened. Safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()

    def add(self, kind: str) -> None:
        """Counts one more."""
        with self._lock:
            self._counts[kind] += 1

    def by_kind(self) -> dict[str, int]:
        """A copy of all counts so far; kinds that never happened are left out."""
        with self._lock:
            return dict(self._counts)


class Journal:
    """Writes the events of one limiter down."""

    def __init__(self) -> None:
        self.counts = Counts()

    def note(self, event: Event, **fields: Any) -> None:
        """Counts an event and logs it, with its fields: ids and types, never names, addresses or texts."""
        self.counts.add(event)
        level = logging.INFO if event in _QUIET else logging.WARNING
        logger.log(level, event.replace("_", " "), extra={"fields": {"event": event, **fields}})
