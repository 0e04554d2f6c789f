"""The limiter's log of exceptional events: one log line and one count per event."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from typing import Any, Literal, get_args

logger = logging.getLogger("algoitny.limits")

Event = Literal[
    "breaker_open", "breaker_half_open", "breaker_closed",
    "plan_not_read",  # the cached limits of the plan stay in use
    "quota_not_read",
    "admission_unknown",  # the response was lost, so the use may be charged
    "refused", "allowed_locally", "denied_by_memory",  # decisions without the table
    "charge_kept",  # whether the paid work was stored is unknown
    "refunded", "refund_later", "refund_not_charged", "refund_dropped",
]  # fmt: skip
EVENTS: tuple[Event, ...] = get_args(Event)
_QUIET = frozenset({"breaker_half_open", "breaker_closed", "refunded", "refund_not_charged"})


class EventCounts:
    """The number of events by kind. Safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()

    def add(self, kind: str) -> None:
        """Counts one event."""
        with self._lock:
            self._counts[kind] += 1

    def by_kind(self) -> dict[str, int]:
        """A copy of the counts; kinds without events are left out."""
        with self._lock:
            return dict(self._counts)


class EventLog:
    """Counts and logs the events of one limiter."""

    def __init__(self) -> None:
        self.counts = EventCounts()

    def record(self, event: Event, **fields: Any) -> None:
        """Counts and logs an event. Fields are ids and types, never names, addresses or texts."""
        self.counts.add(event)
        level = logging.INFO if event in _QUIET else logging.WARNING
        logger.log(level, event.replace("_", " "), extra={"fields": {"event": event, **fields}})
