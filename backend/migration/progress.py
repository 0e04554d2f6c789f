"""Progress display: a bar on a terminal, a line every five seconds elsewhere, nothing with `quiet`."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any, TextIO

from tqdm import tqdm

from reporting.numbers import duration

LINE_SECONDS = 5.0


class ProgressDisplay:
    """Progress through `total` units; call it with the number of units that were done."""

    def __init__(
        self,
        name: str,
        total: int,
        *,
        initial: int = 0,
        unit: str = "rows",
        quiet: bool = False,
        stream: TextIO | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._name, self._total, self._done = name, total, initial
        self._stream = stream or sys.stderr
        self._clock = clock
        self._unit = unit
        self._initial, self._start = initial, clock()
        self._last = self._start
        self._quiet = quiet
        self._bar: Any = None
        if not quiet and self._stream.isatty():
            self._bar = tqdm(
                total=total, initial=initial, desc=f"{name:<11}", unit=f" {unit}", unit_scale=True, file=self._stream,
                mininterval=0.2,
            )  # fmt: skip

    def __call__(self, number: int) -> None:
        """Adds `number` units."""
        self._done += number
        if self._bar is not None:
            self._bar.update(number)
        elif not self._quiet:
            now = self._clock()
            if now - self._last >= LINE_SECONDS:
                self._last = now
                self._line()

    def _line(self) -> None:
        elapsed = max(self._clock() - self._start, 1e-9)
        rate = (self._done - self._initial) / elapsed
        left = max(0, self._total - self._done)
        eta = f", {duration(left / rate)} left" if rate else ""
        share = (
            f" of {self._total:,} {self._unit} ({self._done / self._total:.0%})"
            if self._total
            else f" {self._unit}"
        )
        print(
            f"{self._name}: {self._done:,}{share}, {rate:,.0f} {self._unit}/s{eta}",
            file=self._stream,
            flush=True,
        )

    def close(self) -> None:
        """Ends the display."""
        if self._bar is not None:
            self._bar.close()
