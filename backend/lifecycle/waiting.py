"""Waits for the end of another runner's lease, so that a run can begin after it. Reads only."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from api.dynamodb.table.lease import LEASE_SECONDS, Holder, LeaseHeld, seconds_since_boot
from lifecycle.history import HALF_WAY, History
from reporting.numbers import duration

LOOK_SECONDS = 2.0  # between two looks at the lease
PROGRESS_SECONDS = 30.0  # between two lines of progress

_T = TypeVar("_T")


class LeaseQueue:
    """Begins a run when nobody else holds the environment, within a limit.

    `find_holder` returns who holds it, `history` has how far that run is, `progress` receives lines of text, `seconds`
    bounds all waiting.
    """

    def __init__(
        self,
        find_holder: Callable[[], Holder | None],
        history: History,
        progress: Callable[[str], None],
        seconds: float,
    ) -> None:
        self._find_holder = find_holder
        self._history = history
        self._progress = progress
        self._deadline = seconds_since_boot() + seconds
        self._limit = seconds
        self._told_at: float | None = None
        self._told = ""

    def run(self, work: Callable[[], _T]) -> _T:
        """Waits, then calls `work` and returns its result; waits again when somebody else was faster.

        Raises `LeaseHeld` with the holder when the limit is reached.
        """
        while True:
            self._wait()
            try:
                return work()
            except LeaseHeld as held:
                if seconds_since_boot() >= self._deadline:
                    raise self._still_held(held.holder) from held
            time.sleep(LOOK_SECONDS)

    def _wait(self) -> None:
        """Returns when nobody holds the lease, or its holder has stopped: the run itself makes sure of that.

        One consistent GetItem a look, and a Query for each line of progress.
        """
        last, seen_at = None, 0.0
        while (holder := self._find_holder()) is not None:
            now = seconds_since_boot()
            if holder != last:
                last, seen_at = holder, now
            if (holder.is_on_this_host and not holder.is_process_alive) or now - seen_at >= LEASE_SECONDS:
                return
            if now >= self._deadline:
                raise self._still_held(holder)
            self._tell(holder, now)
            time.sleep(min(LOOK_SECONDS, max(self._deadline - now, 0.0)))

    def _tell(self, holder: Holder, now: float) -> None:
        text = f"waiting for {holder}{self._work_of_holder()}"
        if self._told_at is None or text != self._told or now - self._told_at >= PROGRESS_SECONDS:
            self._told_at, self._told = now, text
            self._progress(f"{text}; for at most {duration(max(self._deadline - now, 0.0))} more")

    def _work_of_holder(self) -> str:
        for record in self._history.read().values():
            if record.status in HALF_WAY and record.status != "failed":
                step = min(record.steps_done + 1, record.steps)
                return f", {record.status} {record.name}, step {step} of {record.steps}"
        return ""

    def _still_held(self, holder: Holder | None) -> LeaseHeld:
        return LeaseHeld(
            f"the environment {self._history.env} is still locked by {holder or 'another process'} after "
            f"{duration(self._limit)}", holder,
            hint="wait longer with --wait MINUTES, or see what it does: status",
        )  # fmt: skip
