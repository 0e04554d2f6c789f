"""The figures of a period in CloudWatch's embedded metric format, as fields of log lines: one line for each group.

Where the service's log goes to CloudWatch Logs, these lines become metrics there, percentiles included.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from metrics.histogram import GROWTH
from metrics.items import Figures
from metrics.series import Series

NAMESPACE = "AlgoItny"
# CloudWatch takes so many different values of a metric in one line.
MAX_VALUES = 100
_UNITS = {
    "Latency": "Milliseconds", "ClientErrors": "Count", "ServerErrors": "Count", "ReadUnits": "Count",
    "WriteUnits": "Count", "Retries": "Count", "Throttles": "Count",
}  # fmt: skip


def emf_fields(figures: Figures, at: datetime) -> list[dict[str, Any]]:
    """The fields of a log line for each group; `at` is when the period began."""
    return [_fields(group, series, at) for group, series in figures.groups.items()]


def _fields(group: str, series: Series, at: datetime) -> dict[str, Any]:
    values: dict[str, Any] = {
        "ClientErrors": series.client_errors, "ServerErrors": series.server_errors,
        "ReadUnits": series.read_units / 100, "WriteUnits": series.write_units / 100,
        "Retries": series.retries, "Throttles": series.throttles,
    }  # fmt: skip
    if series.histogram:
        values["Latency"] = _latency(series)
    metrics = [{"Name": name, "Unit": _UNITS[name]} for name in values]
    directive = {"Namespace": NAMESPACE, "Dimensions": [["Group"]], "Metrics": metrics}
    return {
        "_aws": {"Timestamp": int(at.timestamp() * 1000), "CloudWatchMetrics": [directive]},
        "Group": group, "Count": series.n, **values,
    }  # fmt: skip


def _latency(series: Series) -> dict[str, Any]:
    """The histogram in milliseconds: the middle of each bucket and its count, the most frequent ones first."""
    buckets = sorted(series.histogram.items(), key=lambda entry: -entry[1])[:MAX_VALUES]
    return {
        "Values": [round(GROWTH ** (bucket + 0.5) / 1000, 4) for bucket, _ in buckets],
        "Counts": [count for _, count in buckets],
        "Max": series.longest / 1000,
        "Min": round(GROWTH ** min(series.histogram) / 1000, 4),
        "Count": series.n,
        "Sum": series.total / 1000,
    }
