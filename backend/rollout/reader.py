"""How a process with flags reads: chooses strategies, writes metric lines, hands reads over to be compared."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from api.dynamodb.errors import DataLayerError, InvalidInput
from api.dynamodb.metering import meter
from api.dynamodb.table.read_paths import ReadPath, Reads, Strategy
from reporting.metric_lines import write_failed_read, write_read
from rollout.flag_cache import FlagCache
from rollout.health import Health
from rollout.shadow import ShadowReads

T = TypeVar("T")


class FlaggedReads(Reads):
    """Chooses by flags. Safe to share between threads.

    metrics: whether each read writes its line. shadows, health: None where flags are not read from a table.
    """

    def __init__(
        self,
        flags: FlagCache,
        *,
        metrics: bool = False,
        shadows: ShadowReads | None = None,
        health: Health | None = None,
    ) -> None:
        self._flags, self._metrics, self._shadows, self._health = flags, metrics, shadows, health

    def choose(self, path: ReadPath, unit: str) -> Strategy:
        """The strategy that the path's flag has for the unit."""
        return path.strategy(self._flags.value(path.flag, unit))

    def read(
        self,
        path: ReadPath,
        unit: str,
        run: Callable[[Strategy], tuple[T, Strategy]],
        count: Callable[[T], int],
    ) -> T:
        """Reads, writes the metric line, counts, and keeps a sample to compare. Costs what the strategy costs."""
        strategy = self.choose(path, unit)
        began = meter.clock()
        with meter.recording() as calls:
            try:
                result, used = run(strategy)
            except InvalidInput:  # the caller's mistake, whatever the strategy
                raise
            except DataLayerError as failure:
                seconds = meter.clock() - began
                if self._metrics:
                    error = failure.code or type(failure).__name__
                    write_failed_read(path.name, strategy.kind, strategy.consistent, seconds, error)
                if self._health is not None:
                    self._health.note(path.flag, strategy.name, seconds, is_error=True)
                raise
        seconds = meter.clock() - began
        if self._metrics:
            write_read(path.name, used.kind, used.consistent, seconds, calls.items, count(result))
        if self._health is not None:
            self._health.note(path.flag, used.name, seconds)
        if self._shadows is not None:
            self._shadows.offer(path, used, run, result)
        return result

    def answered(self) -> None:
        """Lets the comparisons of this thread's request begin."""
        if self._shadows is not None:
            self._shadows.release()
