"""Lines that show how far the reading of a table's items is: share, rate and time left."""

from __future__ import annotations

import time
from collections.abc import Callable

from reporting.numbers import duration

LINE_SECONDS = 5.0


class ItemProgress:
    """Shows a line every few seconds.

    prefix: begins each line. total: DynamoDB's own count of the table's items, which may lag; 0 if it is unknown.
    items_read: by earlier runs.
    """

    def __init__(
        self,
        write: Callable[[str], None],
        total: int,
        items_read: int = 0,
        prefix: str = "",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._write, self._prefix, self._total, self._clock = write, prefix, total, clock
        self._read_before = items_read
        self._started = self._last_line = clock()

    def update(self, items_read: int, done: str) -> None:
        """Shows the items read so far and what was `done` ("5 changed"), if the last line is some seconds old."""
        if self._clock() - self._last_line < LINE_SECONDS:
            return
        self._last_line = self._clock()
        rate = (items_read - self._read_before) / (self._last_line - self._started)
        share = left = ""
        if self._total > items_read:
            share = f" of about {self._total:,} ({items_read / self._total:.0%})"
            left = f", {duration((self._total - items_read) / rate)} left" if rate else ""
        self._write(f"{self._prefix}{items_read:,}{share} items read, {done}, {rate:,.0f} items/s{left}")
