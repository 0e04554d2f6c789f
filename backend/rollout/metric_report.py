"""The rollout guide's tables from a log file, as CloudWatch Logs Insights computes them from a log group."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from statistics import fmean
from typing import Any

from reporting.metric_lines import metrics_in
from rollout.statistics import percentile

BIN_MINUTES = 5
_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?")
_ERROR = re.compile(r'ERROR|"level": ?"(?:error|critical)"')
_NUMBERS = ("durationMs", "countFetched", "countReturned")
Key = tuple[str, str, bool]
Row = dict[str, Any]


@dataclass
class Reads:
    """What the metric lines of one kind add up to."""

    durations: list[float] = field(default_factory=list)
    fetched: list[float] = field(default_factory=list)
    returned: list[float] = field(default_factory=list)
    errors: int = 0


@dataclass
class MetricReport:
    """reads: by metric, strategy and consistency. errors: lines with an error, by the start of their five minutes."""

    reads: dict[Key, Reads] = field(default_factory=lambda: defaultdict(Reads))
    errors: Counter[str] = field(default_factory=Counter)
    damaged: int = 0

    def by_strategy(self) -> list[Row]:
        """Averages, and the smallest and greatest duration, of each metric by strategy."""
        return [
            {
                "metric": metric, "strategy": strategy, "consistentRead": str(consistent).lower(),
                "reads": len(reads.durations), "errors": reads.errors,
                "avgDuration": _mean(reads.durations), "minDuration": min(reads.durations, default=0.0),
                "maxDuration": max(reads.durations, default=0.0),
                "avgFetched": _mean(reads.fetched), "avgReturned": _mean(reads.returned),
            }
            for (metric, strategy, consistent), reads in sorted(self.reads.items())
        ]  # fmt: skip

    def percentiles(self) -> list[Row]:
        """P95 and P99 of each metric."""
        durations: defaultdict[str, list[float]] = defaultdict(list)
        for (metric, _, _), reads in self.reads.items():
            durations[metric] += reads.durations
        return [
            {"metric": metric, "p95": percentile(values, 95), "p99": percentile(values, 99)}
            for metric, values in sorted(durations.items())
        ]

    def errors_by_time(self) -> list[Row]:
        """The number of errors in each five minutes that have one."""
        return [{"bin(5m)": start, "errors": count} for start, count in sorted(self.errors.items())]

    def tables(self) -> list[tuple[str, Sequence[str], list[Row]]]:
        """Each table with its title and its columns."""
        tables = (
            ("Averages by strategy, in milliseconds", self.by_strategy()),
            ("P95 and P99, in milliseconds", self.percentiles()),
            ("Errors in five minutes", self.errors_by_time()),
        )
        return [(title, list(rows[0]), rows) for title, rows in tables if rows]

    def as_json(self) -> Row:
        """The report for machines."""
        return {
            "strategies": self.by_strategy(), "percentiles": self.percentiles(), "errors": self.errors_by_time(),
            "damaged": self.damaged,
        }  # fmt: skip


def _mean(values: Sequence[float]) -> float:
    return round(fmean(values), 2) if values else 0.0


def read_log(lines: Iterable[str]) -> MetricReport:
    """Adds up a log: metric lines, and lines of errors with the time in them. Reads it once, line by line."""
    report = MetricReport()
    for line, metric in metrics_in(lines):
        if _ERROR.search(line):
            report.errors[_bin(line)] += 1
        if metric is None:
            report.damaged += '{"metric":' in line
            continue
        numbers = [value for name in _NUMBERS if isinstance(value := metric.get(name), int | float)]
        names = [metric["metric"], metric.get("strategy", "")]
        if len(numbers) < len(_NUMBERS) or not all(isinstance(name, str) for name in names):
            continue  # a metric of another kind
        reads = report.reads[names[0], names[1], bool(metric.get("consistentRead"))]
        if "error" in metric:
            reads.errors += 1
            continue
        for values, number in zip((reads.durations, reads.fetched, reads.returned), numbers, strict=True):
            values.append(number)
    return report


def _bin(line: str) -> str:
    """The start of the five minutes of a line, in UTC; `without a time` for one that names none."""
    match = _TIME.search(line)
    if match is None:
        return "without a time"
    moment = datetime.fromisoformat(match[0])
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    start = moment.replace(minute=moment.minute - moment.minute % BIN_MINUTES, second=0, microsecond=0)
    return f"{start:%Y-%m-%dT%H:%MZ}"
