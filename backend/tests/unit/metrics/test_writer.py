"""The writer: one item a minute, one an hour, nothing lost while the table is away, and bounds."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from api.dynamodb.errors import TableMissing, Unavailable
from config.logs import JSONLines
from metrics import writer as module
from metrics.items import Figures, WireItem, read_figures
from metrics.recorder import Recorder
from metrics.writer import MetricsWriter

START = datetime(2026, 11, 30, 9, 0, tzinfo=UTC)


class FakeTable:
    """A transport that keeps items by key, or fails."""

    def __init__(self) -> None:
        self.items: dict[tuple[str, str], WireItem] = {}
        self.calls: list[str] = []
        self.failure: Exception | None = None
        self.seconds = 1.8

    def send(self, operation: str, request: dict[str, Any]) -> tuple[Any, int]:
        self.calls.append(operation)
        if self.failure is not None:
            raise self.failure
        if operation == "DescribeTable":
            return {"Table": {"TableStatus": "ACTIVE", "ItemCount": 7, "TableSizeBytes": 900}}, 0
        item = request["Item"]
        self.items[item["PK"]["S"], item["SK"]["S"]] = item
        return {}, 0

    def figures(self, prefix: str) -> dict[tuple[str, str], Figures]:
        return {key: read_figures(item)[0] for key, item in self.items.items() if key[0].startswith(prefix)}


class Process:
    """A process with a clock of its own."""

    def __init__(self) -> None:
        self.now, self.table = START, FakeTable()
        self.recorder = Recorder(lambda: self.now)
        self.recorder.enabled = True
        self.writer = MetricsWriter(
            self.recorder, "metrics", lambda: self.table, process="p", now=lambda: self.now
        )

    def minute(self, requests: int = 1) -> None:
        for _ in range(requests):
            self.recorder.request("", "GET", 200, 0.01, [])
        self.now += timedelta(minutes=1)
        self.writer.tick()


@pytest.fixture
def process(use_settings: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> Process:
    use_settings(DYNAMODB_TABLE="algoitny_main")
    monkeypatch.setattr(random, "uniform", lambda low, high: high)
    return Process()


def counts(figures: dict[tuple[str, str], Figures]) -> dict[tuple[str, str], int]:
    return {key: each.samples for key, each in figures.items()}


def test_each_minute_with_requests_is_an_item_and_every_ten_the_hour_is_written(process: Process) -> None:
    for requests in (3, 0, 2, *[1] * 8):
        process.minute(requests)
    minutes = counts(process.table.figures("M#"))
    assert minutes["M#2026-11-30T09", "00:00#p"] == 3 and minutes["M#2026-11-30T09", "02:00#p"] == 2
    assert ("M#2026-11-30T09", "01:00#p") not in minutes
    assert counts(process.table.figures("H#")) == {("H#2026-11-30", "09#p"): 12}
    item = process.table.items["M#2026-11-30T09", "00:00#p"]
    assert int(item["ttl"]["N"]) == int((START + timedelta(hours=48)).timestamp())


def test_the_hours_items_add_up_to_the_minutes_and_end_with_their_hour(process: Process) -> None:
    for _ in range(65):
        process.minute()
    process.writer.stop()
    hours = counts(process.table.figures("H#"))
    assert hours == {("H#2026-11-30", "09#p"): 60, ("H#2026-11-30", "10#p"): 5}
    assert sum(counts(process.table.figures("M#")).values()) == 65


def test_a_table_that_is_away_loses_nothing_for_an_hour(process: Process) -> None:
    process.table.failure = Unavailable("away")
    for _ in range(30):
        process.minute()
    assert process.table.items == {} and process.writer.unsent > 30
    process.table.failure = None
    process.minute()
    assert sum(counts(process.table.figures("M#")).values()) == 31
    assert sum(each.dropped for each in process.table.figures("M#").values()) == 0
    assert process.writer.unsent == 0


def test_what_waits_is_bounded_and_what_gives_way_is_counted(process: Process) -> None:
    process.table.failure = TableMissing("no table")
    for _ in range(200):
        process.minute(2)
    assert process.writer.unsent == module.MAX_ITEMS
    process.table.failure = None
    process.minute(2)
    process.minute(2)
    written = process.table.figures("M#").values()
    assert sum(each.samples for each in written) + sum(each.dropped for each in written) == 2 * 202


def test_a_failing_write_tries_no_other_in_that_minute(process: Process) -> None:
    process.table.failure = Unavailable("away")
    for _ in range(3):
        process.minute()
    assert process.table.calls.count("PutItem") == 3


def test_what_is_left_is_written_when_the_process_ends_and_only_once(process: Process) -> None:
    process.recorder.request("", "GET", 200, 0.01, [])
    process.recorder.job("erasure", "started")
    process.writer.stop()
    process.writer.stop()
    assert process.table.calls == ["PutItem"] * 3
    assert {key[0] for key in process.table.items} == {
        "M#2026-11-30T09", "H#2026-11-30", "D#2026-11-30#job",
    }  # fmt: skip
    assert not process.recorder.enabled


def test_the_state_of_the_services_table_is_written_beside(process: Process) -> None:
    process.minute()
    assert (
        '"status":"ACTIVE","items":7,"bytes":900' in process.table.items["HEALTH", "algoitny_main"]["d"]["S"]
    )


def test_figures_are_logged_for_cloudwatch_where_that_is_on(
    process: Process, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "algoitny.metrics")
    process.minute()
    assert caplog.records == []
    process.writer = MetricsWriter(
        process.recorder, "metrics", lambda: process.table, emf=True, now=lambda: process.now
    )
    process.minute(4)
    process.writer.stop()
    (line,) = [json.loads(JSONLines().format(record)) for record in caplog.records]
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    assert (directive["Namespace"], directive["Dimensions"], line["Group"]) == (
        "AlgoItny", [["Group"]], "route page problems",
    )  # fmt: skip
    assert {metric["Name"] for metric in directive["Metrics"]} <= set(line)
    latency = line["Latency"]
    assert (sum(latency["Counts"]), latency["Count"]) == (4, 4)
    assert latency["Values"][0] == pytest.approx(10, rel=0.06)


def test_a_writer_that_cannot_reach_a_transport_never_raises(process: Process) -> None:
    process.table.failure = Unavailable("away")
    process.minute()
    process.writer.stop()
    assert process.table.items == {}
