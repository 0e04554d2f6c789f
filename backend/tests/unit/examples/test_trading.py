"""The trading example without tables: its generator, its findings and its risks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dashboard.reading import Range
from examples.trading_dashboard.analysis import (
    RiskLimits,
    exposure,
    latencies,
    market_rows,
    percentile,
    pnl_by_day,
    position_findings,
    reconcile,
    risks,
)
from examples.trading_dashboard.market_maker import MARKETS, Book, MarketMaker
from examples.trading_dashboard.memory import MemoryTables
from examples.trading_dashboard.tables import Row, from_wire, moment_of, read_rows, stamp, to_item

NOW = datetime(2026, 11, 30, 9, 40, tzinfo=UTC)
START = datetime(2026, 11, 28, tzinfo=UTC)


def state(**fields: Any) -> Row:
    return {
        "market_id": "OIL", "position": 10, "cost_cents": 400, "realised_cents": 50, "best_bid_cents": 41,
        "best_ask_cents": 43, "days": {}, "updated_at": stamp(NOW), **fields,
    }  # fmt: skip


def trade(number: int, **fields: Any) -> Row:
    return {"trade_id": f"t{number}", "at": f"2026-11-30T09:{number:02}:00Z", "market_id": "OIL", "side": "buy",
            "price_cents": 41, "quantity": 5, "order_id": f"o{number}", **fields}  # fmt: skip


def test_the_same_start_and_seed_give_the_same_trading_and_a_longer_run_begins_alike() -> None:
    short, long, other = (
        list(MarketMaker(START, seed=seed).run(START + timedelta(hours=hours)))
        for seed, hours in ((1, 12), (1, 24), (2, 12))
    )
    assert long[: len(short)] == short != other
    assert len({(table, row["date"], row["timestamp"]) for table, row in long}) == len(long)
    assert {row["market_id"] for _, row in long} == {market.market_id for market in MARKETS}


def test_pnl_is_first_in_first_out_less_fees_and_a_position_may_turn() -> None:
    book = Book(MARKETS[0], 50)
    assert [book.fill(10, 40), book.fill(10, 44)] == [-10, -10]
    assert book.fill(-15, 50) == 10 * 10 + 5 * 6 - 15
    assert book.fill(-10, 50) == 5 * 6 - 10
    assert (book.position, list(book.lots)) == (-5, [(-5, 50)])
    assert book.fill(5, 45) == 5 * 5 - 5 and not book.lots


def test_what_can_be_lost_is_the_price_of_a_long_position_and_the_rest_of_a_short_one() -> None:
    assert [exposure(10, 42), exposure(-10, 42), exposure(0, 42)] == [420, 580, 0]


def test_a_value_comes_back_from_its_wire_form() -> None:
    row = {"text": "a", "whole": -3, "part": 2.5, "map": {"deep": [1, "b", {"c": 0.1}]}, "none": None}
    item = to_item(row)
    assert {name: from_wire(value) for name, value in item.items()} == {
        name: value for name, value in row.items() if value is not None
    }
    with pytest.raises(ValueError, match="BOOL"):
        from_wire({"BOOL": True})


@pytest.mark.parametrize(
    "item",
    [
        {}, {"market_id": {"S": "OIL"}}, {"market_id": "OIL"}, {"market_id": {"S": "OIL", "N": "1"}},
        to_item(state(position="many")), to_item(state(days=[1])), {**to_item(state()), "odd": {"BOOL": True}},
    ],
)  # fmt: skip
def test_a_damaged_state_is_counted_and_left_out(item: Any) -> None:
    log = read_rows("dora_state", [item, to_item(state())])
    assert (len(log.rows), log.unreadable) == (1, 1)


def test_a_timestamp_with_and_without_its_sequence_is_the_same_moment() -> None:
    assert moment_of(stamp(NOW, 17)) == moment_of(stamp(NOW)) == NOW
    assert stamp(NOW) < stamp(NOW, 1) < stamp(NOW, 2) < stamp(NOW + timedelta(microseconds=1))


def test_reconciliation_names_what_is_missing_and_what_differs() -> None:
    fills = [{**trade(n), "event": "fill"} for n in (1, 2, 3)] + [{**trade(9), "event": "placed"}]
    booked = [trade(2, quantity=4, side="sell"), trade(3), trade(4)]
    assert [(row["trade"], row["finding"]) for row in reconcile(fills, booked)] == [
        ("t4", "booked, not executed"),
        ("t2", "another side, another quantity"),
        ("t1", "executed, not booked"),
    ]
    assert position_findings([state()], {"OIL": (10, 50)}) == []
    assert [row["by trades"] for row in position_findings([state()], {"OIL": (9, 50)})] == [9]


def test_a_percentile_is_the_least_value_that_is_not_below_its_share() -> None:
    assert [percentile([4, 1, 3, 2], share) for share in (0, 0.25, 0.5, 0.51, 0.95, 1)] == [1, 1, 2, 3, 4, 4]
    assert percentile([], 0.5) == 0
    assert latencies([{"event": "error", "error": "timeout"}]) == []


def test_pnl_by_day_begins_and_ends_with_the_range() -> None:
    days = {"2026-11-28": {"position": 1, "realised_cents": 100}, "2026-11-29": {"position": 1, "realised_cents": 70},
            "2026-11-30": "damaged"}  # fmt: skip
    span = Range(START + timedelta(hours=6), NOW)
    rows = pnl_by_day([state(days=days)], {"OIL": (0, 40)}, {"OIL": (10, 130)}, span)
    assert [(row["realised $"], row["so far $"]) for row in rows] == [(0.6, 0.6), (-0.3, 0.3), (0.6, 0.9)]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, set()),
        ({"position": 95}, {"position"}),
        ({"best_bid_cents": 43}, {"book"}),
        ({"updated_at": stamp(NOW + timedelta(minutes=5))}, {"clock"}),
        ({"updated_at": "yesterday"}, {"clock"}),
        ({"updated_at": stamp(NOW - timedelta(hours=5))}, {"stale"}),
        ({"market_id": "GONE"}, {"market"}),
        ({"realised_cents": -6_000}, {"loss"}),
        ({"position": -2_000, "market_id": "BIG"}, {"exposure"}),
    ],
)
def test_each_risk_is_red_from_its_limit_on(fields: Row, expected: set[str]) -> None:
    configs: list[Row] = [{"market_id": "OIL", "max_position": 100}, {"market_id": "BIG"}]
    rows = market_rows(configs, [state(**fields)], {})
    assert {alert.name for alert in risks(rows, configs, [], NOW, RiskLimits())} == expected


def test_many_failed_executions_are_red() -> None:
    executions = [{"error": "timeout"}, *({} for _ in range(9))]
    (alert,) = risks([], [], executions, NOW, RiskLimits())
    assert alert.text == "1 of the newest 10 executions failed"


def test_the_generated_month_only_answers_reads() -> None:
    with pytest.raises(PermissionError, match="PutItem was not sent"):
        MemoryTables(datetime(2026, 11, 30, 1, tzinfo=UTC), "demo").call(
            "PutItem", {"TableName": "dora_state_demo"}
        )
