"""Metric lines, and what a report makes of a log."""

from __future__ import annotations

import json
import logging

import pytest

from reporting.metric_lines import LOGGER, metrics_in, write_failed_read, write_read
from rollout.metric_report import read_log
from rollout.statistics import percentile


def line(metric: str, strategy: str, consistent: bool, duration: float, fetched: int, returned: int) -> str:
    fields = (strategy, consistent, duration, fetched, returned)
    names = ("strategy", "consistentRead", "durationMs", "countFetched", "countReturned")
    return json.dumps({"metric": metric, **dict(zip(names, fields, strict=True))})


def test_a_line_is_written_as_the_guide_has_it(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging.getLogger(LOGGER), "handlers", [caplog.handler])
    monkeypatch.setattr(logging.getLogger(LOGGER), "propagate", False)
    with caplog.at_level(logging.INFO, LOGGER):
        write_read("list_tables", "scan", True, 0.012345, 60, 50)
        write_failed_read("list_tables", "scan", True, 0.1, "ThrottlingException")
    assert caplog.messages[0] == (
        '{"metric": "list_tables", "strategy": "scan", "consistentRead": true, "durationMs": 12.35, '
        '"countFetched": 60, "countReturned": 50}'
    )
    assert '"level": "ERROR", "error": "ThrottlingException", "time": "' in caplog.messages[1]


def test_metrics_are_read_wherever_they_stand_in_a_line_and_damage_is_counted() -> None:
    good = line("list_tables", "scan", True, 10, 60, 50)
    log = [
        "starting\n",
        f"2026-11-30T09:01:00Z worker-1 {good}\n",
        '{"metric": "list_tables", "stra\n',
        '{"metric": "x"}\n',
    ]
    assert [metric is not None for _, metric in metrics_in(log)] == [False, True, False, True]
    report = read_log(log)
    assert report.damaged == 1 and list(report.reads) == [("list_tables", "scan", True)]


def test_averages_extremes_and_percentiles_are_by_strategy_and_metric() -> None:
    log = [line("list_tables", "scan", True, ms, 60, 50) for ms in range(1, 100)]
    log += [
        line("list_tables", "gsi_query", False, 2, 51, 50),
        line("list_users", "partition_query", True, 3, 7, 7),
    ]
    report = read_log(log).as_json()
    by_strategy = {row["strategy"]: row for row in report["strategies"]}
    assert by_strategy["scan"] == {
        "metric": "list_tables", "strategy": "scan", "consistentRead": "true", "reads": 99, "errors": 0,
        "avgDuration": 50.0, "minDuration": 1, "maxDuration": 99, "avgFetched": 60.0, "avgReturned": 50.0,
    }  # fmt: skip
    assert (
        by_strategy["gsi_query"]["avgFetched"] == 51 and by_strategy["gsi_query"]["consistentRead"] == "false"
    )
    assert report["percentiles"] == [
        {"metric": "list_tables", "p95": 94, "p99": 98}, {"metric": "list_users", "p95": 3, "p99": 3}
    ]  # fmt: skip


def test_errors_are_counted_in_five_minutes_by_the_time_in_their_line() -> None:
    log = [
        '{"time": "2026-11-30T09:04:59.000+00:00", "level": "error", "message": "x"}',
        '{"time":"2026-11-30T09:05:00.000+00:00","level":"error","message":"x"}',
        "2026-11-30 18:09:59+09:00 ERROR something",
        "ERROR without",
        '{"time": "2026-11-30T09:05:00.000+00:00", "level": "info", "message": "x"}',
    ]
    assert read_log(log).errors_by_time() == [
        {"bin(5m)": "2026-11-30T09:00Z", "errors": 1}, {"bin(5m)": "2026-11-30T09:05Z", "errors": 2},
        {"bin(5m)": "without a time", "errors": 1},
    ]  # fmt: skip


def test_a_failed_read_counts_as_an_error_and_not_in_the_averages() -> None:
    failed = json.loads(line("my_runs", "partition_query", False, 900, 0, 0)) | {
        "level": "ERROR",
        "error": "x",
    }
    report = read_log([json.dumps(failed), line("my_runs", "partition_query", False, 5, 1, 1)])
    (row,) = report.by_strategy()
    assert (row["reads"], row["errors"], row["avgDuration"]) == (1, 1, 5.0)


@pytest.mark.parametrize(
    ("values", "expected"), [([], 0.0), ([5], 5), (list(range(1, 101)), 95), ([1, 2], 2)]
)
def test_a_percentile_is_a_value_of_the_list(values: list[float], expected: float) -> None:
    assert percentile(values, 95) == expected
