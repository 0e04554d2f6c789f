"""Counts every call of the data layer: operation, entity, index, consumed capacity, duration, retries.

It also records which line above the data layer read an item, which reveals loops that read items one by
one (N+1).
"""

from __future__ import annotations

import os
import sys
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from time import perf_counter
from types import CodeType

# This many reads of single items of one entity from one line are a loop; one batch should replace it.
REPEATED = 3

_DATA_LAYER = str(Path(__file__).parents[1]) + os.sep
_BACKEND = str(Path(__file__).parents[3]) + os.sep
# Reads with flags pass through rollout/ on their way.
_NO_CALLERS = (_DATA_LAYER, f"{_BACKEND}rollout{os.sep}")
# Python 3.11 runs a comprehension as a function of its own; its name says nothing to a reader.
_NAMELESS = (".<locals>.<listcomp>", ".<locals>.<setcomp>", ".<locals>.<dictcomp>", ".<locals>.<genexpr>")


@dataclass(slots=True)  # a frozen one takes six times as long to make
class Call:
    """One call. Units are as the engine reported them; duration is in seconds, retries included.

    `retries` is the number of attempts after the first; `line` the line outside the data layer that
    made a GetItem ("api/history/views.py:42 in list_runs"), filled in by `record`; `items` the number of items that
    a read returned.
    """

    operation: str
    entity: str
    index: str | None
    read_units: float
    write_units: float
    duration: float
    error: str | None = None
    retries: int = 0
    line: str | None = None
    items: int = field(default=0, compare=False)


@dataclass(frozen=True)
class RepeatedRead:
    """Single items of one entity, read repeatedly from one line; `seconds` is the time of all reads together."""

    entity: str
    line: str
    count: int
    seconds: float


@dataclass
class Recording:
    """The calls made while a `recording()` block ran, in order."""

    calls: list[Call] = field(default_factory=list)

    @property
    def read_units(self) -> float:
        """RCU of all calls."""
        return sum(call.read_units for call in self.calls)

    @property
    def write_units(self) -> float:
        """WCU of all calls."""
        return sum(call.write_units for call in self.calls)

    @property
    def items(self) -> int:
        """Number of items that all reads returned."""
        return sum(call.items for call in self.calls)

    @property
    def seconds(self) -> float:
        """Sum of all calls' durations, retries included."""
        return sum(call.duration for call in self.calls)

    @property
    def retries(self) -> int:
        """Number of retries of all calls."""
        return sum(call.retries for call in self.calls)

    @property
    def operations(self) -> list[str]:
        """The operations' names, in order."""
        return [call.operation for call in self.calls]

    def repeated_reads(self) -> list[RepeatedRead]:
        """The lines that read at least `REPEATED` single items of one entity, in order of their first read."""
        if len(self.calls) < REPEATED:
            return []
        durations_by_line: dict[tuple[str, str], list[float]] = {}
        for call in self.calls:
            if call.operation == "GetItem" and call.line is not None:
                durations_by_line.setdefault((call.entity, call.line), []).append(call.duration)
        return [
            RepeatedRead(entity, line, len(durations), sum(durations))
            for (entity, line), durations in durations_by_line.items()
            if len(durations) >= REPEATED
        ]


_current: ContextVar[Recording | None] = ContextVar("dynamodb_recording", default=None)


class recording:  # noqa: N801 (it reads as a phrase: `with recording() as calls:`)
    """A block that collects the calls that this thread (or task) makes inside it; blocks may be nested.

    An outer block collects the calls of an inner one as well. `into` is an ended recording to continue, such
    as that of a request whose response is still being streamed.
    """

    __slots__ = ("_current", "_earlier", "_token")

    def __init__(self, into: Recording | None = None) -> None:
        self._current = Recording() if into is None else into

    def __enter__(self) -> Recording:
        self._earlier = len(self._current.calls)
        self._token = _current.set(self._current)
        return self._current

    def __exit__(self, *exc: object) -> None:
        _current.reset(self._token)
        outer = _current.get()
        if outer is not None:
            outer.calls.extend(self._current.calls[self._earlier :])


def record(call: Call) -> None:
    """Adds a call to the running recording, if there is one; a GetItem with the line that made it."""
    running = _current.get()
    if running is not None:
        if call.operation == "GetItem" and call.line is None:
            call.line = _calling_line()
        running.calls.append(call)


def calls_so_far() -> list[Call]:
    """The calls of the running recording, in order; empty without one."""
    running = _current.get()
    return [] if running is None else running.calls


def _calling_line() -> str | None:
    """The innermost line outside the data layer: file (relative to `backend`), line number and function."""
    frame = sys._getframe(2)
    while frame.f_code.co_filename.startswith(_NO_CALLERS):
        if frame.f_back is None:
            return None
        frame = frame.f_back
    return _line(frame.f_code, frame.f_lineno)


@lru_cache(maxsize=1_000)
def _line(code: CodeType, number: int) -> str:
    function = code.co_qualname
    while function.endswith(_NAMELESS):
        function = function.rpartition(".<locals>")[0]
    return f"{code.co_filename.removeprefix(_BACKEND)}:{number} in {function}"


def clock() -> float:
    """The clock that durations are measured with, in seconds."""
    return perf_counter()
