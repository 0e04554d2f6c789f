"""Reads samples of a table by every strategy of their path, and compares results, time, items and read units."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from statistics import fmean
from typing import Any

from rollout.statistics import percentile
from rollout.system import Sample

# Strategies that are behind see a write late: a difference counts if it is there again after this pause.
PAUSE_SECONDS = 1.0


@dataclass
class Figures:
    """What the reads of a path by a strategy took."""

    milliseconds: list[float] = field(default_factory=list)
    fetched: int = 0
    units: float = 0.0

    def as_json(self) -> dict[str, Any]:
        """Averages of a read."""
        count = len(self.milliseconds)
        return {
            "reads": count, "averageMs": round(fmean(self.milliseconds), 2),
            "p95Ms": round(percentile(self.milliseconds, 95), 2),
            "averageFetched": round(self.fetched / count, 1), "averageUnits": round(self.units / count, 2),
        }  # fmt: skip


@dataclass
class Comparison:
    """Figures by path and strategy, and what was read of a path with different results."""

    figures: dict[tuple[str, str], Figures] = field(default_factory=dict)
    different: list[tuple[str, str]] = field(default_factory=list)


def compare(samples: Iterable[Sample], *, sleep: Callable[[float], None] = time.sleep) -> Comparison:
    """Makes the reads, each by every strategy of its path. Costs what they cost."""
    comparison = Comparison()
    for sample in samples:
        results = []
        for name, read in sample.by_strategy.items():
            began = time.perf_counter()
            result, fetched, units = read()
            figures = comparison.figures.setdefault((sample.path, name), Figures())
            figures.milliseconds.append((time.perf_counter() - began) * 1000)
            figures.fetched += fetched
            figures.units += units
            results.append(result)
        if any(result != results[0] for result in results):
            sleep(PAUSE_SECONDS)
            results = [read()[0] for read in sample.by_strategy.values()]
            if any(result != results[0] for result in results):
                comparison.different.append((sample.path, sample.description))
    return comparison
