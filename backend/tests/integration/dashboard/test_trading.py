"""The trading dashboard on filled tables: its figures are those of the rows, counted here in another way."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from boto3.dynamodb.types import TypeDeserializer

from lifecycle.infrastructure.readers import example_readers
from tests.integration.dashboard.conftest import Page, Show
from tests.integration.examples.readme_commands import World, commands
from tests.support.engines import Engine
from tests.support.fault_proxy import Call, Fault, FaultProxy
from tests.support.iam import needs, refused

pytestmark = pytest.mark.long

Row = dict[str, Any]
MARKET = "OIL-ABOVE-80"
LOGS = ("trade", "decision", "execution")
DAYS = [f"{datetime.now(UTC) - timedelta(days=back):%Y-%m-%d}" for back in range(4)]
SCENARIOS: dict[str, Row] = {
    "home": {},
    "hours": {"query": {"range": "1 day"}},
    "custom": {"query": {"range": "custom range", "from": DAYS[3], "to": DAYS[1]}},
    "decisions": {"page": "market", "query": {"market": MARKET}},
    "executions": {"page": "market", "query": {"market": MARKET, "tab": "Executions"}},
    "analytics": {"page": "market", "query": {"market": MARKET, "tab": "Analytics"}},
    "reconciliation": {"page": "reconciliation"},
    "compare": {"page": "compare"},
    "replay": {"page": "replay", "query": {"market": MARKET}},
}
POLICY = example_readers()["trading_dashboard"]


def deny(call: Call) -> Fault | None:
    return Fault.DENY if refused(POLICY, needs(call.operation, call.request)) else None


class Tables:
    """The five tables of `demo`, filled, and what every page shows of them through the policy of readers."""

    def __init__(self, world: World, show: Show) -> None:
        self.world, self.show = world, show
        self.printed = [
            world.run(line) for line in commands("trading_dashboard") if line.startswith("python")
        ]
        with FaultProxy(world.engine.endpoint_url, deny) as proxy:
            settings = {**world.settings, "LOCALSTACK_URL": proxy.url}
            shown = self.pages(*SCENARIOS.values(), settings=settings)
            self.calls = proxy.calls
        self.shown = dict(zip(SCENARIOS, shown, strict=True))
        self.trades, self.decisions, self.executions = (self.rows(f"dora_{log}_log_demo") for log in LOGS)
        self.states = self.rows("dora_state_demo")

    def pages(self, *scenarios: Row, settings: dict[str, str] | None = None) -> list[Page]:
        base = {"main": "trading", "settings": settings or self.world.settings}
        return self.show(*({**base, **scenario} for scenario in scenarios))

    def rows(self, table: str) -> list[Row]:
        client, plain = self.world.engine.client(), TypeDeserializer()
        items = [
            item for page in client.get_paginator("scan").paginate(TableName=table) for item in page["Items"]
        ]
        rows = [{name: plain.deserialize(value) for name, value in item.items()} for item in items]
        return sorted(rows, key=lambda row: str(row.get("timestamp", row["market_id"])))


@pytest.fixture(scope="module")
def tables(ministack: Engine, tmp_path_factory: pytest.TempPathFactory, show: Show) -> Iterator[Tables]:
    world = World(ministack, "trading_examples", tmp_path_factory.mktemp("state"))
    world.forget()
    yield Tables(world, show)
    world.forget()


def of(page: Page, *names: str) -> list[Row]:
    """The rows of the first table that has these columns."""
    for rows in page["tables"]:
        if rows and set(names) <= set(rows[0]):
            return list(rows)
    raise AssertionError(f"no table has {names}")


def span(page: Page) -> tuple[str, str]:
    """The range of a page, as the rows' timestamps have it."""
    foot = next(text for text in page["texts"] if "this page read" in text)
    start, end = re.findall(r"\d{4}-\d\d-\d\d \d\d:\d\d", foot)
    return start.replace(" ", "T"), end.replace(" ", "T")


def realised(trades: list[Row]) -> dict[str, int]:
    """Realised P&L of each market in cents: every contract by itself, the oldest against the newest."""
    held: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
    cents: defaultdict[str, int] = defaultdict(int)
    for trade in trades:
        market, sign, price = (
            trade["market_id"],
            1 if trade["side"] == "buy" else -1,
            int(trade["price_cents"]),
        )
        for _ in range(int(trade["quantity"])):
            cents[market] -= 1
            if held[market] and held[market][0][0] != sign:
                opened, cost = held[market].pop(0)
                cents[market] += opened * (price - cost)
            else:
                held[market].append((sign, price))
    return cents


def positions(trades: list[Row]) -> dict[str, int]:
    held: defaultdict[str, int] = defaultdict(int)
    for trade in trades:
        held[trade["market_id"]] += int(trade["quantity"]) * (1 if trade["side"] == "buy" else -1)
    return held


def before(trades: list[Row], moment: str) -> list[Row]:
    return [trade for trade in trades if trade["timestamp"] < moment]


def dollars(text: str) -> float:
    return float(text.replace("$", "").replace(",", ""))


def test_the_readme_s_commands_make_and_fill_the_tables(tables: Tables) -> None:
    migrate, filled, check = tables.printed
    assert "1 change applied" in migrate and filled.count("items") == 5
    assert check.count("as declared") == 5
    assert len({row["timestamp"] for row in tables.executions}) == len(tables.executions)


def test_23_every_page_works_under_exactly_the_generated_policy(tables: Tables) -> None:
    assert {call.operation for call in tables.calls} == {"Query", "Scan"}
    assert [call for call in tables.calls if call.fault] == []
    for page in tables.shown.values():
        assert page["downloads"] == ["CSV", "Excel"] * len(page["tables"])


def test_4_to_7_markets_have_book_position_and_changes_of_the_rows(tables: Tables) -> None:
    rows = {row["market"]: row for row in of(tables.shown["home"], "market", "bid", "position, 24 h")}
    end = datetime.fromisoformat(f"{span(tables.shown['home'])[1]}+00:00")
    day_ago = f"{end - timedelta(days=1):%Y-%m-%dT%H:%M}"
    earlier = before(tables.trades, day_ago)
    now, then = positions(tables.trades), positions(earlier)
    cents, cents_then = realised(tables.trades), realised(earlier)
    assert set(rows) == {state["market_id"] for state in tables.states} and len(rows) == 12
    newest = {decision["market_id"]: decision for decision in tables.decisions}
    for market, row in rows.items():
        book = newest[market]["book"]
        bid, ask = int(book["bids"][0]["price_cents"]), int(book["asks"][0]["price_cents"])
        assert (row["bid"], row["ask"], row["spread"]) == (bid, ask, ask - bid)
        assert (row["position"], row["position, 24 h"]) == (now[market], now[market] - then[market])
        assert row["realised $"] == pytest.approx(cents[market] / 100)
        assert row["realised $, 24 h"] == pytest.approx((cents[market] - cents_then[market]) / 100)
        middle = (bid + ask) / 2
        loss = now[market] * middle if now[market] > 0 else -now[market] * (100 - middle)
        assert row["exposure $"] == pytest.approx(loss / 100, abs=1e-4)
        paid = sum(int(t["price_cents"] * t["quantity"]) * (1 if t["side"] == "buy" else -1)
                   for t in tables.trades if t["market_id"] == market)  # fmt: skip
        fees = sum(int(trade["quantity"]) for trade in tables.trades if trade["market_id"] == market)
        # Everything sold at the middle is realised and unrealised together.
        total = (now[market] * middle - paid - fees) / 100
        assert row["realised $"] + row["unrealised $"] == pytest.approx(total, abs=1e-4)


def test_1_p_and_l_over_time_is_that_of_the_trades(tables: Tables) -> None:
    for name, length in (("home", 10), ("hours", 13), ("custom", 10)):
        page = tables.shown[name]
        start, end = span(page)
        by_time: defaultdict[str, float] = defaultdict(float)
        for trade in tables.trades:
            if start <= trade["timestamp"] < end:
                by_time[trade["timestamp"][:length]] += int(trade["realised_cents"]) / 100
        points, total = of(page, "time", "realised $", "so far $"), 0.0
        assert len(points) >= 3
        for point in points:
            at = datetime.fromtimestamp(point["time"] / 1000, UTC).isoformat()[:length]
            total += by_time[at]
            assert point["realised $"] == pytest.approx(by_time[at], abs=1e-4), at
            assert point["so far $"] == pytest.approx(total, abs=1e-4), at
        assert dollars(page["metrics"]["In this range"][0]) == pytest.approx(total, abs=0.01)
    everything = sum(realised(tables.trades).values()) / 100
    assert dollars(tables.shown["home"]["metrics"]["Realised P&L"][0]) == pytest.approx(everything, abs=0.01)
    assert "Realised P&L, cumulative and by day" in tables.shown["home"]["charts"]
    assert "Realised P&L, cumulative and by hour" in tables.shown["hours"]["charts"]


def test_2_exposure_by_market(tables: Tables) -> None:
    home = tables.shown["home"]
    rows = of(home, "market", "exposure $")
    assert "Exposure by market" in home["charts"]
    assert dollars(home["metrics"]["Exposure"][0]) == pytest.approx(
        sum(r["exposure $"] for r in rows), abs=0.01
    )


def test_3_recent_activity_is_the_newest_of_both_logs(tables: Tables) -> None:
    rows = of(tables.shown["home"], "at", "log", "market", "of", "detail")
    for log, all_rows in (("decision", tables.decisions), ("execution", tables.executions)):
        newest = sorted((row["at"] for row in rows if row["log"] == log), reverse=True)
        assert newest == [f"{row['timestamp'][:23]}Z" for row in all_rows[::-1][:12]]


def test_10_11_12_decisions_with_book_inventory_quotes_and_one_of_them(tables: Tables) -> None:
    rows = of(tables.shown["decisions"], "decision", "inventory", "book bid", "target bid")
    expected = [row for row in tables.decisions if row["market_id"] == MARKET][::-1]
    assert [row["decision"] for row in rows] == [row["decision_id"] for row in expected][: len(rows)]
    quoted = next(row for row in expected if row["targets"])
    (page,) = tables.pages({"page": "market", "query": {"market": MARKET, "decision": quoted["decision_id"]}})
    assert "Book and target quotes" in page["charts"] and page["metrics"]["Inventory"][0] == str(
        quoted["inventory"]
    )
    followed = [row for row in tables.executions if row["decision_id"] == quoted["decision_id"]]
    assert len(of(page, "event", "order", "latency ms")) == len(followed) > 0
    assert page["json"][0]["decision_id"] == quoted["decision_id"]


def test_13_to_17_executions_and_their_latencies_are_those_of_the_rows(tables: Tables) -> None:
    executions = [row for row in tables.executions if row["market_id"] == MARKET]
    rows = of(tables.shown["executions"], "at", "event", "order", "latency ms", "error")
    assert [row["order"] for row in rows] == [row["order_id"] for row in executions[::-1]]
    assert {"placed", "accepted", "fill", "cancelled"} <= {row["event"] for row in rows}
    page = tables.shown["analytics"]
    assert {"Timeline by event", "Latency distribution", "Latency by event"} <= set(page["charts"])
    for row in of(page, "event", "avg ms", "p50 ms", "p95 ms"):
        values = sorted(
            float(each["latency_ms"])
            for each in executions
            if "latency_ms" in each and row["event"] in ("all", each["event"])
        )
        assert (row["count"], row["avg ms"]) == (
            len(values),
            pytest.approx(sum(values) / len(values), abs=0.01),
        )
        for share, name in ((50, "p50 ms"), (95, "p95 ms")):
            below = [value for value in values if value <= row[name]]
            assert row[name] in values and len(below) * 100 >= share * len(values)
            assert (len(below) - values.count(row[name])) * 100 < share * len(values)


def test_34_reconciliation_finds_what_is_in_one_log_alone(tables: Tables) -> None:
    page = tables.shown["reconciliation"]
    start, end = span(page)
    since = next(text.split("from ")[1].rstrip(".") for text in page["texts"] if text.startswith("Compared"))
    fills = {row["trade_id"] for row in tables.executions
             if row["event"] == "fill" and max(since, start) <= row["timestamp"] < end}  # fmt: skip
    booked = {row["trade_id"] for row in tables.trades if max(since, start) <= row["timestamp"] < end}
    assert page["metrics"]["Differences"][0] == str(len(fills ^ booked))
    assert "Every position and realised P&L is what the last trade left." in page["messages"]
    client = tables.world.engine.client()
    lost = next(row for row in reversed(tables.trades) if row["trade_id"] in fills)
    key = {name: {"S": lost[name]} for name in ("date", "timestamp")}
    item = client.get_item(TableName="dora_trade_log_demo", Key=key)["Item"]
    client.delete_item(TableName="dora_trade_log_demo", Key=key)
    (page,) = tables.pages({"page": "reconciliation", "query": {"market": lost["market_id"]}})
    client.put_item(TableName="dora_trade_log_demo", Item=item)
    assert lost["trade_id"] in {row["trade"] for row in of(page, "trade", "finding", "executed", "booked")}


def test_32_35_markets_side_by_side_and_a_past_day_again(tables: Tables) -> None:
    rows = of(tables.shown["compare"], "market", "realised $, range", "latency p95 ms")
    assert len(rows) == 3 and tables.shown["compare"]["charts"] == ["Cumulative realised P&L by day"]
    page = tables.shown["replay"]
    rows = of(page, "at", "position", "realised $", "trades so far")
    yesterday = rows[0]["at"][:10]
    earlier = before(tables.trades, yesterday)
    for row in rows:
        until = before(tables.trades, row["at"].rstrip("Z"))
        assert row["position"] == positions(until).get(MARKET, 0)
        assert row["realised $"] * 100 == pytest.approx(realised(until)[MARKET] - realised(earlier)[MARKET])
    assert page["charts"][0] == "Book and trades of the day"


def test_18_to_22_29_31_environment_region_range_tabs_and_refresh(tables: Tables) -> None:
    home = tables.shown["home"]
    assert home["choices"]["Environment"] == ["demo", "prod"] and "us-east-1" in home["choices"]["AWS region"]
    assert {"1 hour", "1 day", "30 days", "custom range"} <= set(home["choices"]["Lookback"])
    assert home["choices"]["Refresh by itself"] == ["off", "30 s", "1 min", "5 min"]
    assert tables.shown["custom"]["dates"] == ["From (UTC)", "To (UTC), included"]
    assert home["buttons"] == ["Refresh"]
    assert set(tables.shown["decisions"]["buttons"]) == {"Refresh", "Show more"}
    assert tables.shown["analytics"]["tabs"] == ["Decisions", "Executions", "Analytics"]


def test_25_what_is_missing_or_damaged_is_said_and_the_rest_stays(tables: Tables) -> None:
    """A region and an environment without tables, throttling, bad rows, clocks that differ, a market that vanished."""
    world, client = tables.world, tables.world.engine.client()
    no_tables, region = tables.pages({"query": {"env": "prod"}}, {"query": {"region": "eu-west-1"}})
    said = " ".join(no_tables["messages"])
    assert "There is no table dora_market_config_prod at" in said and "dynamodb_migrations.py migrate" in said
    assert "wait a minute if they are being created" in said and region["chosen"]["AWS region"] == "eu-west-1"
    with FaultProxy(world.engine.endpoint_url, lambda call: Fault.THROTTLE) as proxy:
        (throttled,) = tables.pages({}, settings={**world.settings, "LOCALSTACK_URL": proxy.url})
    assert "is throttled" in " ".join(throttled["messages"])
    ahead = (datetime.now(UTC) + timedelta(hours=2)).isoformat()
    state = client.get_item(TableName="dora_state_demo", Key={"market_id": {"S": MARKET}})["Item"]
    gone: Any = {
        **state,
        "market_id": {"S": "GONE"},
        "updated_at": {"S": ahead},
        "best_bid_cents": {"N": "99"},
    }
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    bad: Any = {"date": {"S": today}, "timestamp": {"S": f"{today}T00"}, "market_id": {"N": "1"}}
    client.put_item(TableName="dora_state_demo", Item=gone)
    client.put_item(
        TableName="dora_state_demo", Item={"market_id": {"S": "BROKEN"}, "position": {"S": "many"}}
    )
    for log in ("decision", "execution"):
        client.put_item(TableName=f"dora_{log}_log_demo", Item={**bad, "market_id": {"S": MARKET}})
    home, market, logs = tables.pages(
        {"secrets": {"risk": {"exposure_dollars": 0.01}}},
        {"page": "market", "query": {"market": "NEVER"}},
        {"page": "market", "query": {"market": MARKET}},
    )
    for market_id in ("GONE", "BROKEN"):
        client.delete_item(TableName="dora_state_demo", Key={"market_id": {"S": market_id}})
    said = " ".join(home["messages"])
    assert "1 states of markets cannot be read" in said
    for name in ("clock", "book", "market", "exposure"):
        assert f"**{name}**" in said, name
    assert "GONE" in {row["market"] for row in of(home, "market", "status", "position")}
    assert "The market NEVER has vanished" in " ".join(market["messages"]) and market["tables"]
    assert "1 rows of dora_decision_log cannot be read" in " ".join(logs["messages"]) and logs["tables"]
