"""A circuit breaker: after several failures in a row no call is made for a while, then one call tries again."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from typing import Literal, NamedTuple

BreakerState = Literal["closed", "open", "half-open"]


class CallPermit(NamedTuple):
    """The permission to make one call. Its result counts only until the breaker's state changes (`era`)."""

    era: int


class CircuitBreaker:
    """Open for `seconds` after `failures` in a row. Then half-open: one call, the probe, decides.

    All other calls are refused while a probe runs. A probe that does not report within `seconds` is abandoned,
    and the next caller becomes the probe. Results of calls from before a change of state are ignored.

    clock: monotonic, in seconds. on_change: is called with each new state, outside the lock.

    Safe to share between threads.
    """

    def __init__(
        self,
        failures: int = 5,
        seconds: float = 5.0,
        clock: Callable[[], float] = time.monotonic,
        on_change: Callable[[BreakerState], None] = lambda state: None,
    ) -> None:
        self._limit, self._seconds = failures, seconds
        self._clock, self._on_change = clock, on_change
        self._lock = threading.Lock()
        self._state: BreakerState = "closed"
        self._failures = 0
        self._era = 0
        self._until = 0.0  # open: when a probe is allowed; half-open: when the probe is abandoned

    def state(self) -> BreakerState:
        """The state after the last call: an open breaker becomes half-open with the next `enter`."""
        return self._state

    def enter(self) -> CallPermit | None:
        """The permission to call, which one of the methods below takes back; None while no call is allowed."""
        with self._lock:
            if self._state == "closed":
                return CallPermit(self._era)
            now = self._clock()
            if now < self._until:
                return None
            changed = self._state != "half-open"
            self._change("half-open", now + self._seconds)
            permit = CallPermit(self._era)
        if changed:
            self._on_change("half-open")
        return permit

    def succeeded(self, permit: CallPermit) -> None:
        """The call got a response, perhaps a refusal."""
        with self._lock:
            if permit.era != self._era:
                return
            self._failures = 0
            if self._state == "closed":
                return
            self._change("closed", 0.0)
        self._on_change("closed")

    def failed(self, permit: CallPermit) -> None:
        """The call got no response."""
        with self._lock:
            if permit.era != self._era:
                return
            self._failures += 1
            if self._state == "closed" and self._failures < self._limit:
                return
            self._change("open", self._clock() + self._seconds)
        self._on_change("open")

    def cancelled(self, permit: CallPermit) -> None:
        """No call was made, or its result says nothing; the next caller can be the probe."""
        with self._lock:
            if permit.era == self._era and self._state == "half-open":
                self._until = self._clock()

    def retry_after(self) -> int:
        """After how many whole seconds to try again, at least 1."""
        with self._lock:
            left = 0.0 if self._state == "closed" else self._until - self._clock()
        return max(1, math.ceil(left))

    def _change(self, state: BreakerState, until: float) -> None:
        self._state, self._until = state, until
        self._era += 1
        self._failures = 0
