"""How far the table is behind the source: the time from writing a mark to having applied what is before it."""

from __future__ import annotations

import time
from collections import deque

WINDOW_SECONDS = 60.0


class LagWindow:
    """The lags of the last minute, in seconds, by this machine's own clock."""

    def __init__(self) -> None:
        self._lags: deque[tuple[float, float]] = deque()
        self._last_mark = 0

    def applied(self, mark: tuple[int, int]) -> None:
        """Notes that everything before a mark is applied; a mark that was noted already counts once."""
        number, sent = mark
        if number <= self._last_mark:
            return
        self._last_mark = number
        if not sent:  # a mark that is a barrier alone
            return
        now = time.monotonic()
        self._lags.append((now, max(0.0, time.time() - sent / 1e6)))
        while self._lags[0][0] < now - WINDOW_SECONDS:
            self._lags.popleft()

    def report(self) -> dict[str, object]:
        """The last mark, its lag, and median, 95th and 99th percentile and worst of the last minute."""
        lags = sorted(lag for _, lag in self._lags)
        if not lags:
            return {"mark": self._last_mark}
        return {
            "mark": self._last_mark,
            "lag_s": round(self._lags[-1][1], 3),
            "median_s": _percentile(lags, 50),
            "p95_s": _percentile(lags, 95),
            "p99_s": _percentile(lags, 99),
            "worst_s": round(lags[-1], 3),
        }


class Pace:
    """How fast a backlog is worked off: seconds of the source's time that are applied in a second."""

    def __init__(self) -> None:
        self._points: deque[tuple[float, int]] = deque()

    def applied(self, commit_time: int) -> None:
        """Notes the time, in epoch seconds, at which the source committed what was applied last."""
        now = time.monotonic()
        self._points.append((now, commit_time))
        while self._points[0][0] < now - WINDOW_SECONDS:
            self._points.popleft()

    def seconds_left(self, now: float) -> float | None:
        """How long it takes to catch up; None when that is not known, or never with this pace.

        `now` is in epoch seconds, by the clock of the source or one that is near it.
        """
        (first, from_time), (last, to_time) = self._points[0], self._points[-1]
        behind = now - to_time
        if behind < 2 or last - first < 2 or not from_time:
            return 0.0 if behind < 2 else None
        gained = (to_time - from_time) / (last - first) - 1.0
        return behind / gained if gained > 0 else None


def _percentile(ordered: list[float], percent: int) -> float:
    return round(ordered[min(len(ordered) - 1, len(ordered) * percent // 100)], 3)
