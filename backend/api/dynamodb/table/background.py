"""One piece of work at a time on a thread of its own, for what a request should not wait for."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

logger = logging.getLogger(__name__)


class BackgroundWork:
    """Runs work in the background, never twice at once. Safe to share between threads.

    `name` is said in the log when it fails; `failures` are the exceptions that are logged. `start` runs a function on
    another thread.
    """

    def __init__(
        self,
        name: str,
        failures: tuple[type[Exception], ...],
        *,
        start: Callable[[Callable[[], None]], None] | None = None,
    ) -> None:
        self._name, self._failures = name, failures
        self.start_thread = start or (lambda work: threading.Thread(target=work, daemon=True).start())
        self._running = threading.Lock()

    def start(self, work: Callable[[], None]) -> None:
        """Starts the work unless some is running. Failures are logged."""
        if not self._running.acquire(blocking=False):
            return

        def run() -> None:
            try:
                work()
            except self._failures as failure:
                self._log(failure)
            finally:
                self._running.release()

        try:
            self.start_thread(run)
        except RuntimeError as failure:  # no thread can be started
            self._running.release()
            self._log(failure)

    def _log(self, failure: Exception) -> None:
        logger.warning("%s: %s", self._name, failure)
