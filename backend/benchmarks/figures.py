"""What every comparison here shares: turns, medians, targets, aligned tables, and the machine that was measured on."""

from __future__ import annotations

import os
import platform
import statistics
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

JSON = dict[str, Any]
Runs = dict[str, list[JSON]]
PRODUCT = "product"  # the name of the one that all others are compared with


def interleaved(rounds: int, run: Mapping[str, Callable[[], JSON]], label: str) -> Runs:
    """Everyone once a round, in turn: `run[name]()` gives the figures of one run."""
    results: Runs = {name: [] for name in run}
    for number in range(rounds):
        print(f"  {label}: round {number + 1} of {rounds}", file=sys.stderr, flush=True)
        for name, runs in results.items():
            runs.append(run[name]())
    return results


@dataclass(frozen=True)
class Target:
    """One figure that is to be reached; `measured` is None where a peer that it needs did not take part."""

    section: str
    value: str
    figure: str
    against: str
    unit: str
    measured: float | None
    limit: float
    at_most: bool = True

    @property
    def met(self) -> bool | None:
        """Whether the figure is within its limit."""
        if self.measured is None:
            return None
        return self.measured <= self.limit if self.at_most else self.measured >= self.limit

    def row(self) -> list[str]:
        """The target as a line of the table."""
        unit = "" if self.unit in ("ratio", "count") else f" {self.unit}"
        measured = "not measured" if self.measured is None else f"{self.measured:.3g}{unit}"
        bound = "at most" if self.at_most else "at least"
        result = {None: "", True: "met", False: "MISSED"}[self.met]
        return [self.figure, self.against, measured, f"{bound} {self.limit:.3g}{unit}", result]


class Figures:
    """The medians of what was measured."""

    def __init__(self, runs: dict[str, Runs]) -> None:
        self.runs = runs

    def median(self, section: str, peer: str, value: str) -> float | None:
        """The median of a value over a peer's runs; None where there are none."""
        runs = self.runs.get(section, {}).get(peer)
        return float(statistics.median(run[value] for run in runs)) if runs else None

    def worst(self, section: str, peer: str, value: str) -> float | None:
        """The largest value of a peer's runs."""
        runs = self.runs.get(section, {}).get(peer)
        return float(max(run[value] for run in runs)) if runs else None

    def ratio(self, section: str, peer: str, value: str) -> float | None:
        """The product's median over a peer's."""
        return self.quotient(section, value, PRODUCT, peer)

    def quotient(self, section: str, value: str, of: str, to: str) -> float | None:
        """The median of one over that of another; None where one was not measured."""
        above, below = self.median(section, of, value), self.median(section, to, value)
        return None if above is None or not below else above / below

    def medians(self) -> JSON:
        """Every median: by section, peer and value."""
        return {
            section: {
                peer: {value: self.median(section, peer, value) for value in runs[0]}
                for peer, runs in by_peer.items()
                if runs
            }
            for section, by_peer in self.runs.items()
        }


def columns(rows: Sequence[Sequence[str]]) -> str:
    """Rows of equal length as aligned text; the first is the heading."""
    widths = [max(len(row[n]) for row in rows) for n in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
    lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join("  " + line.rstrip() for line in lines)


def number(value: float | None, digits: str = ",.0f") -> str:
    """A figure as tables show it; nothing for one that was not measured."""
    return "" if value is None else format(value, digits)


def target_table(reached: Sequence[Target]) -> str:
    """The targets and how they came out."""
    heading = ["figure", "against", "measured", "to reach", ""]
    return columns([heading, *(target.row() for target in reached)])


def verdict(reached: Sequence[Target]) -> tuple[str, int]:
    """The last line to print, and the exit code: 1 when a target is missed."""
    missed = [target for target in reached if target.met is False]
    line = f"{len(missed)} of {len(reached)} targets missed" if missed else "every measured target is met"
    return line, int(bool(missed))


def document(figures: Figures, reached: Iterable[Target], method: str, **about: Any) -> JSON:
    """The whole result, for machines; `about` says what was measured."""
    return {
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "machine": {"cpus": os.cpu_count(), "system": platform.system(), "architecture": platform.machine()},
        "python": platform.python_version(),
        **about,
        "targets": [{**asdict(target), "met": target.met} for target in reached],
        "medians": figures.medians(),
        "runs": figures.runs,
        "method": " ".join(method.split()),
    }
