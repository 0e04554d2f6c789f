"""Limits the capacity units that a tool consumes per second."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class TokenBucket:
    """A token bucket: at most `rate` units a second on average, and a burst of at most one second's units."""

    def __init__(self, rate: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._clock = clock
        self._lock = threading.Lock()
        self._free_at = clock()

    def wait_for(self, units: float) -> float:
        """Spends `units` and returns the seconds to wait before using them."""
        with self._lock:
            now = self._clock()
            start = max(now, self._free_at)
            self._free_at = start + units / self._rate
            return start - now
