"""Metric lines: one JSON object a line, for CloudWatch Logs Insights and for reports over a log file."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

LOGGER = "algoitny.metric_lines"
_START = '{"metric":'


def metric_line(metric: str, fields: Mapping[str, Any]) -> str:
    """The line of a metric: its name first, then the fields in their order."""
    return json.dumps({"metric": metric, **fields}, default=str, ensure_ascii=False)


def write_metric(metric: str, fields: Mapping[str, Any]) -> None:
    """Writes a line to the logger `algoitny.metric_lines`, which has no format around it. No call is made."""
    logging.getLogger(LOGGER).info("%s", metric_line(metric, fields))


def write_read(
    metric: str, strategy: str, consistent: bool, seconds: float, fetched: int, returned: int
) -> None:
    """Writes the line of one read.

    strategy, consistent: how it was read. seconds: how long it took. fetched, returned: items read from the table,
    and records of the result.
    """
    write_metric(metric, _read(strategy, consistent, seconds, fetched, returned))


def write_failed_read(metric: str, strategy: str, consistent: bool, seconds: float, error: str) -> None:
    """Writes the line of a read that failed; it has ERROR in it, which queries for errors look for."""
    fields = _read(strategy, consistent, seconds, 0, 0)
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    write_metric(metric, {**fields, "level": "ERROR", "error": error, "time": now})


def _read(strategy: str, consistent: bool, seconds: float, fetched: int, returned: int) -> dict[str, Any]:
    return {
        "strategy": strategy, "consistentRead": consistent, "durationMs": round(seconds * 1000, 2),
        "countFetched": fetched, "countReturned": returned,
    }  # fmt: skip


def metrics_in(lines: Iterable[str]) -> Iterator[tuple[str, dict[str, Any] | None]]:
    """Each line of a log with the metric in it, None for a line that has none or a damaged one.

    What stands before the object, such as a time or a process's name, does not matter.
    """
    for line in lines:
        start = line.find(_START)
        if start < 0:
            yield line, None
            continue
        try:
            metric, _ = json.JSONDecoder().raw_decode(line[start:])
        except ValueError:
            metric = None
        yield line, metric if isinstance(metric, dict) else None
