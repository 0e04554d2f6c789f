"""Shows how far a run is: a bar on a terminal, a line every few seconds elsewhere, nothing when asked to be quiet."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any, TextIO

from tqdm import tqdm

LINE_SECONDS = 5.0


def duration(seconds: float) -> str:
    """A time span for people, such as `1 h 23 min`, `4 min 05 s` or `12 s`."""
    whole = round(seconds)
    if whole >= 3600:
        return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
    if whole >= 60:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole} s" if seconds >= 1 or seconds == 0 else f"{seconds:.1f} s"


class Progress:
    """Progress through `total` units of one step; call it with the number that was done."""

    def __init__(
        self,
        name: str,
        total: int,
        *,
        begun: int = 0,
        unit: str = "rows",
        quiet: bool = False,
        stream: TextIO | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._name, self._total, self._done = name, total, begun
        self._stream = stream or sys.stderr
        self._clock = clock
        self._unit = unit
        self._begun, self._start = begun, clock()
        self._last = self._start
        self._quiet = quiet
        self._bar: Any = None
        if not quiet and self._stream.isatty():
            self._bar = tqdm(
                total=total, initial=begun, desc=f"{name:<11}", unit=f" {unit}", unit_scale=True, file=self._stream,
                mininterval=0.2,
            )  # fmt: skip

    def __call__(self, number: int) -> None:
        """Adds what was done."""
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
        rate = (self._done - self._begun) / elapsed
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
