"""CPU time, for tests of how it grows: other processes hardly change it, unlike the time on a clock."""

from __future__ import annotations

from collections.abc import Callable
from time import thread_time


def cpu_seconds(call: Callable[[], object]) -> float:
    """The CPU time of this thread in the faster of two calls."""
    times = []
    for _ in range(2):
        start = thread_time()
        call()
        times.append(thread_time() - start)
    return min(times)
