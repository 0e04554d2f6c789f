"""A process's copy of the flags: 2 seconds old at most while it is used, the last known one when the table fails."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping

from api.dynamodb.errors import DataLayerError
from rollout.flags import Flag, State, flag_named

logger = logging.getLogger(__name__)

SECONDS = 2.0
# A copy that is older was not used for some time: whoever wants it waits for a new one.
STALE_SECONDS = 10.0
Start = Callable[[Callable[[], None]], None]


def in_thread(work: Callable[[], None]) -> None:
    """Runs a function in a thread of its own."""
    threading.Thread(target=work, daemon=True).start()


class FlagCache:
    """Safe to share between threads.

    read: reads the state; None for no flags at all. overrides: values that count whatever the state says.
    monotonic: seconds of a clock; start: runs a function in the background.
    """

    def __init__(
        self,
        flags: Iterable[Flag],
        read: Callable[[], State] | None,
        overrides: Mapping[str, str] | None = None,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        start: Start = in_thread,
    ) -> None:
        self._flags = {flag.name: flag for flag in flags}
        self._read, self._monotonic, self._start = read, monotonic, start
        self._overrides = {
            name: flag_named(self._flags.values(), name).check(value)
            for name, value in (overrides or {}).items()
        }
        self._state = State()
        self._read_at = float("-inf")
        self._reading = threading.Lock()
        self._failing = False

    def state(self) -> State:
        """The present state. Every 2 seconds a thread reads it in the background: 0.5 RCU.

        The first caller, and the first one after a pause of 10 seconds, waits for it: one GetItem.
        """
        if self._read is None:
            return self._state
        now = self._monotonic()
        age = now - self._read_at
        if age >= SECONDS and self._reading.acquire(blocking=False):
            self._read_at = now
            if age >= STALE_SECONDS:
                self._refresh()
            else:
                try:
                    self._start(self._refresh)
                except RuntimeError:  # no thread can be started
                    self._refresh()
        return self._state

    def value(self, name: str, unit: str = "") -> str:
        """A flag's value for a unit."""
        if name in self._overrides:
            return self._overrides[name]
        return self.state().value(self._flags[name], unit)

    def _refresh(self) -> None:
        try:
            if self._read is not None:
                self._state = self._read()
            self._failing = False
        except DataLayerError as failure:
            if not self._failing:
                logger.warning("the flags were not read, the last known ones count: %s", failure)
            self._failing = True
        finally:
            self._reading.release()
