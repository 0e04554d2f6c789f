"""Counts every call of the data layer: operation, entity, index, consumed capacity, duration."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from time import perf_counter


@dataclass(frozen=True)
class Call:
    """One round trip. Units are as the engine reported them; duration is in seconds, retries included."""

    operation: str
    entity: str
    index: str | None
    read_units: float
    write_units: float
    duration: float
    error: str | None = None


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
    def operations(self) -> list[str]:
        """The operations' names, in order."""
        return [call.operation for call in self.calls]


_current: ContextVar[Recording | None] = ContextVar("dynamodb_recording", default=None)


@contextmanager
def recording() -> Iterator[Recording]:
    """Collects the calls that this thread (or task) makes inside the block; blocks may be nested.

    An outer block sees the calls of an inner one as well.
    """
    outer = _current.get()
    mine = Recording()
    token = _current.set(mine)
    try:
        yield mine
    finally:
        _current.reset(token)
        if outer is not None:
            outer.calls.extend(mine.calls)


def record(call: Call) -> None:
    """Adds a call to the running recording, if there is one."""
    running = _current.get()
    if running is not None:
        running.calls.append(call)


def clock() -> float:
    """The clock that durations are measured with, in seconds."""
    return perf_counter()
