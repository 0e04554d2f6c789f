"""What the dashboard reads of a range: the right partitions once, and figures that equal the records."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from config.environment import environment
from config.prices import Prices
from dashboard.alerts import Thresholds, alerts, state_alerts
from dashboard.analysis import (
    cost_by_day,
    cost_rows,
    group_rows,
    limit_rows,
    merged,
    money,
    percent,
    problem_rows,
    recording_cost,
    relative_change,
    timeline_rows,
)
from dashboard.client import ReadOnlyClient
from dashboard.demo import HISTORY, METRICS, TABLE, DemoClient
from dashboard.errors import Unreadable
from dashboard.reading import Range, Reader
from dashboard.settings import read_settings
from dashboard.targets import Target, target_of
from metrics.groups import CALL, ROUTE, limit_group
from metrics.items import Figures, figures_item, hour_key, minute_key

NOW = datetime(2026, 11, 30, 9, 40, tzinfo=UTC)
GROUP = "route api problems"


class Items:
    """A table that answers queries of its partitions, and counts them."""

    def __init__(self) -> None:
        self.units, self.requests = 0.0, 0
        self.asked: Counter[str] = Counter()
        self.partitions: dict[str, list[dict[str, Any]]] = {}

    def put(self, item: dict[str, Any]) -> None:
        self.partitions.setdefault(item["PK"]["S"], []).append(item)

    def call(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        assert operation == "Query"
        pk = request["ExpressionAttributeValues"][":pk"]["S"]
        self.asked[pk] += 1
        return {"Items": self.partitions.get(pk, [])}


def figures(*milliseconds: float) -> Figures:
    made = Figures()
    for each in milliseconds:
        made.series(GROUP).add(each / 1000)
    return made


@pytest.fixture
def items() -> Items:
    return Items()


def reader(items: Items) -> Reader:
    return Reader(items, METRICS, HISTORY, TABLE)


def test_a_day_is_read_from_24_hours_and_the_present_one_from_its_minutes(items: Items) -> None:
    chance, expected = random.Random(3), []
    for process in ("a", "b"):
        for back in range(1, 30):
            at = (NOW - timedelta(hours=back)).replace(minute=0)
            samples = [chance.uniform(1, 400) for _ in range(20)]
            items.put(figures_item(hour_key(at, process), figures(*samples), at))
            expected += samples if back <= 23 else []
        for minute in range(40):
            at = NOW.replace(minute=minute)
            items.put(figures_item(minute_key(at, process), figures(5, 50), at))
            expected += [5, 50]
    span = Range(NOW.replace(minute=0) - timedelta(hours=23), NOW + timedelta(minutes=1))
    timeline = reader(items).timeline(span, NOW)
    assert items.asked == {"M#2026-11-30T09": 1, "H#2026-11-29": 1, "H#2026-11-30": 1}
    series = timeline.total.groups[GROUP]
    assert (series.n, len(timeline.points), timeline.processes) == (len(expected), 24, {"a", "b"})
    assert series.total / 1000 == pytest.approx(sum(expected), rel=1e-3)
    row = group_rows(timeline.total, ROUTE)[0]
    for share, name in ((0.5, "p50 ms"), (0.95, "p95 ms"), (0.99, "p99 ms")):
        assert row[name] == pytest.approx(sorted(expected)[int(share * len(expected))], rel=0.08)
    assert sum(row["count"] for row in timeline_rows(timeline, ROUTE)) == len(expected)


def test_the_hour_before_is_read_by_the_minute_until_its_item_is_complete(items: Items) -> None:
    now = NOW.replace(minute=5)
    reader(items).timeline(Range(now - timedelta(hours=24), now), now)
    assert {"M#2026-11-30T09", "M#2026-11-30T08"} < set(items.asked)


def test_a_short_range_is_read_by_the_minute(items: Items) -> None:
    for minute in (10, 20, 30):
        at = NOW.replace(minute=minute)
        items.put(figures_item(minute_key(at, "a"), figures(1), at))
    timeline = reader(items).timeline(Range(NOW - timedelta(minutes=25), NOW), NOW)
    assert sorted(at.minute for at in timeline.points) == [20, 30]


def test_what_is_damaged_is_counted_and_the_rest_is_shown(items: Items) -> None:
    items.put(figures_item(minute_key(NOW, "a"), figures(1), NOW))
    items.put({"PK": {"S": "M#2026-11-30T09"}, "SK": {"S": "x#y"}})
    items.put(
        {"PK": {"S": "M#2026-11-30T09"}, "SK": {"S": "39:00#y"}, "g": {"M": {"route odd": {"B": b"\x80"}}}}
    )
    timeline = reader(items).timeline(Range(NOW - timedelta(hours=1), NOW + timedelta(minutes=1)), NOW)
    assert (timeline.total.samples, timeline.unreadable) == (1, 2)
    assert [a.name for a in alerts(timeline, NOW, Thresholds(), Prices())] == ["recording"]


def test_a_month_is_thirty_partitions(items: Items) -> None:
    start = datetime(2026, 10, 31, tzinfo=UTC)
    reader(items).timeline(Range(start, start + timedelta(days=30)), NOW)
    assert len(items.asked) == 30 + len([pk for pk in items.asked if pk.startswith("M#")])


def test_alerts_ring_above_their_thresholds_and_not_below() -> None:
    made = figures(*[2000] * 10, *[1] * 90)
    made.groups[GROUP].server_errors = 5
    made.series(f"{CALL} Query").throttles = 11
    made.series(f"{CALL} Query").write_units = 100 * 1_000_000
    made.series("job erasure").server_errors = 1
    made.series("job erasure").n = 2
    made.series(limit_group("hint", 1, "denied")).n = 30
    made.dropped = 7
    items = Items()
    items.put(figures_item(minute_key(NOW, "a"), made, NOW))
    timeline = reader(items).timeline(Range(NOW - timedelta(hours=1), NOW + timedelta(minutes=1)), NOW)
    raised = {alert.name: alert.text for alert in alerts(timeline, NOW, Thresholds(), Prices())}
    assert set(raised) == {"error rate", "p95", "throttles", "budget", "denials", "jobs", "recording"}
    assert raised["budget"].startswith("consumed units cost $14.75 a day")
    quiet = Thresholds(error_rate=0.5, p95_ms=5000, throttles=100, dollars_a_day=100, denied_share=1)
    assert {a.name for a in alerts(timeline, NOW, quiet, Prices())} == {"jobs", "recording"}


def test_silence_and_states_are_alerts() -> None:
    items = Items()
    at = NOW - timedelta(minutes=30)
    items.put(figures_item(minute_key(at, "a"), figures(1), at))
    timeline = reader(items).timeline(Range(NOW - timedelta(hours=1), NOW + timedelta(minutes=1)), NOW)
    assert [alert.name for alert in alerts(timeline, NOW, Thresholds(), Prices())] == ["silence"]
    day = reader(items).timeline(
        Range(NOW.replace(minute=0) - timedelta(days=1), NOW + timedelta(minutes=1)), NOW
    )
    assert (
        alerts(day, NOW, Thresholds(), Prices())[0].text == "no process has written figures since 09:10 UTC"
    )
    health: dict[str, Any] = {
        "main": {"status": "UPDATING", "indexes": {"GSI1": {"status": "CREATING"}}},
        "other": {"error": "Unavailable"},
    }
    changes = [{"change": "a", "status": "failed"}, {"change": "b", "status": "applied"}]
    names = [alert.name for alert in state_alerts(health, changes)]
    assert names == ["table", "index", "table", "change of tables"]


def test_rows_of_problems_limits_and_costs() -> None:
    now, before = Figures(), Figures()
    now.problems = {"baekjoon 1000": [10, 6, 2]}
    before.problems = {"baekjoon 1000": [4, 1, 3]}
    (row,) = problem_rows(now, now, before)
    assert (row["failure rate"], row["runs, change"], row["failure rate, change"]) == (0.25, 6, -0.5)
    now.series(limit_group("hint", None, "refused")).n = 2
    assert (
        limit_rows(now)[0] | {"plan": "without a plan", "outcome": "refused", "decisions": 2}
        == limit_rows(now)[0]
    )
    items = Items()
    for day in (28, 29):
        made = Figures()
        made.series("call PutItem").write_units = 100 * 1_000_000
        at = NOW.replace(day=day, minute=0)
        items.put(figures_item(hour_key(at, "a"), made, at))
    timeline = reader(items).timeline(Range(NOW - timedelta(days=3), NOW), NOW)
    rows = cost_rows(timeline, Prices())
    assert [row["dollars so far"] for row in rows] == [0.625, 1.25]
    assert [day["dollars"] for day in cost_by_day(rows)] == [0.625, 0.625]
    units, dollars = recording_cost(timeline, Prices())
    assert (units, round(dollars, 4)) == (1728, 0.0324)


def test_numbers_for_people() -> None:
    assert (money(-2.62), money(0), money(0.0000123), money(1234.5)) == (
        "-$2.62",
        "$0.00",
        "$0.000012",
        "$1,234.50",
    )
    assert (percent(relative_change(3, 2)), percent(relative_change(1, 0))) == ("+50.0 %", None)


def test_the_generated_week_is_the_same_each_time_and_refuses_writes() -> None:
    first, second = DemoClient(NOW), DemoClient(NOW)
    span = Range(NOW - timedelta(days=1), NOW)
    one, two = (Reader(each, METRICS, HISTORY, TABLE).timeline(span, NOW) for each in (first, second))
    assert merged(one.total, ROUTE).encode() == merged(two.total, ROUTE).encode()
    with pytest.raises(PermissionError):
        first.call("PutItem", {})


@pytest.mark.parametrize(
    "operation", ["PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "DescribeTable", "put_item"]
)
def test_the_client_sends_nothing_but_reads(operation: str) -> None:
    client = ReadOnlyClient(Target("dev", environment()))
    with pytest.raises(PermissionError, match="only reads"):
        client.call(operation, {"TableName": "any"})
    assert client.requests == 0


def test_a_threshold_that_is_no_number_is_named() -> None:
    with pytest.raises(Unreadable, match="p95_ms"):
        read_settings(Thresholds(), {"thresholds": {"p95_ms": "fast"}}, "thresholds")
    assert read_settings(Thresholds(), {"thresholds": {"p95_ms": 5}}, "thresholds").p95_ms == 5


def test_the_region_of_the_sidebar_wins_over_the_secrets_and_these_over_the_settings() -> None:
    secrets = {"AWS_DEFAULT_REGION": "eu-west-1", "dev": {"DYNAMODB_METRICS_TABLE": "figures"}}
    assert target_of("dev", None, secrets).region == "eu-west-1"
    target = target_of("dev", "us-west-2", secrets)
    assert (target.region, target.settings.metrics_table) == ("us-west-2", "figures")
    assert target_of("dev", None, {}).settings == environment()
    with pytest.raises(Unreadable, match="LOCALSTACK_URL"):
        target_of("dev", None, {"LOCALSTACK_URL": "no address"})


def test_another_environment_has_neither_the_local_engine_nor_its_keys(
    use_settings: Callable[..., None],
) -> None:
    use_settings(LOCALSTACK_URL="http://127.0.0.1:4566", DYNAMODB_TABLE="mine")
    own, prod = (
        target_of(env, None, {"prod": {"AWS_DEFAULT_REGION": "eu-west-1"}}) for env in ("dev", "prod")
    )
    assert (own.settings.endpoint_url, own.settings.metrics_table) == (
        "http://127.0.0.1:4566",
        "mine_metrics",
    )
    assert (prod.settings.endpoint_url, prod.settings.aws_keys, prod.region) == (None, None, "eu-west-1")
    assert prod.settings.metrics_table == "algoitny_metrics"
