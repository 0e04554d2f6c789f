"""A circuit breaker: after failures in a row nobody calls for a while, then one call tries."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from typing import Literal, NamedTuple

State = Literal["closed", "open", "half-open"]


class Ticket(NamedTuple):
    """The permission to make one call; what it brings counts only in the era that it was given in."""

    era: int


class Breaker:
    """Open after `failures` in a row, for `seconds`; then half-open: one call, the probe, decides.

    While a probe runs all others are refused. A probe that does not report within `seconds` (its thread
    was lost) is given up, and the next caller becomes the probe; a call of the service ends in 2 s.
    Reports of calls from before a change of state count no more. `clock` is monotonic, in seconds;
    `on_change` is told each new state, outside any lock. Safe to share between threads.
    """

    def __init__(
        self,
        failures: int = 5,
        seconds: float = 5.0,
        clock: Callable[[], float] = time.monotonic,
        on_change: Callable[[State], None] = lambda state: None,
    ) -> None:
        self._limit, self._seconds = failures, seconds
        self._clock, self._on_change = clock, on_change
        self._lock = threading.Lock()
        self._state: State = "closed"
        self._failures = 0
        self._era = 0
        self._until = 0.0  # open: when it has been so for long enough; half-open: when the probe is given up

    def state(self) -> State:
        """As the last call left it: an open one stays open until somebody comes after its time."""
        return self._state

    def enter(self) -> Ticket | None:
        """The permission to call, to be handed to one of the reports after it; None while nobody may."""
        with self._lock:
            if self._state == "closed":
                return Ticket(self._era)
            now = self._clock()
            if now < self._until:
                return None
            changed = self._state != "half-open"
            self._change("half-open", now + self._seconds)
            ticket = Ticket(self._era)
        if changed:
            self._on_change("half-open")
        return ticket

    def succeeded(self, ticket: Ticket) -> None:
        """The call was answered, be it with a refusal."""
        with self._lock:
            if ticket.era != self._era:
                return
            self._failures = 0
            if self._state == "closed":
                return
            self._change("closed", 0.0)
        self._on_change("closed")

    def failed(self, ticket: Ticket) -> None:
        """The call was not answered."""
        with self._lock:
            if ticket.era != self._era:
                return
            self._failures += 1
            if self._state == "closed" and self._failures < self._limit:
                return
            self._change("open", self._clock() + self._seconds)
        self._on_change("open")

    def cancelled(self, ticket: Ticket) -> None:
        """No call was made, or its end says nothing: a probe's place is free again."""
        with self._lock:
            if ticket.era == self._era and self._state == "half-open":
                self._until = self._clock()

    def retry_after(self) -> int:
        """In how many whole seconds it is worth to come again, from 1."""
        with self._lock:
            left = 0.0 if self._state == "closed" else self._until - self._clock()
        return max(1, math.ceil(left))

    def _change(self, state: State, until: float) -> None:
        self._state, self._until = state, until
        self._era += 1
        self._failures = 0
