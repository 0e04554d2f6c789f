"""Figures of the trading pages: plain lists, without pandas. Money is in cents until a row shows it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import Any

from dashboard.alerts import Alert
from dashboard.reading import Range
from examples.trading_dashboard.tables import Row, moment_of

Mark = tuple[int, int]
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
# Up to this length P&L is shown by the hour, from the trades themselves; a longer range by the day.
BY_HOUR = timedelta(days=2)


@dataclass(frozen=True)
class RiskLimits:
    """From where a risk is red; the section `[risk]` of the secrets sets them.

    position_share: of a market's greatest position. exposure_dollars: of all markets. loss_dollars: realised in 24
    hours. error_rate: of the newest executions. stale_minutes: since a market's state was written. clock_seconds: how
    far a clock may be ahead.
    """

    position_share: float = 0.9
    exposure_dollars: float = 1_000
    loss_dollars: float = 50
    error_rate: float = 0.05
    stale_minutes: float = 130
    clock_seconds: float = 60


def dollars(cents: float) -> float:
    """Cents as dollars."""
    return round(cents / 100, 4)


def middle(state: Row) -> float:
    """The middle of a market's book, in cents."""
    return float(state["best_bid_cents"] + state["best_ask_cents"]) / 2


def exposure(position: int, price: float) -> float:
    """What a position can lose, in cents: a contract pays 100 cents or nothing."""
    return position * price if position > 0 else -position * (100 - price)


def unrealised(state: Row) -> float:
    """The open position at the middle of the book, less what it cost; in cents."""
    return float(state["position"]) * middle(state) - float(state["cost_cents"])


def market_rows(configs: Sequence[Row], states: Sequence[Row], day_ago: Mapping[str, Mark]) -> list[Row]:
    """A row for each market that has a state, those with the greatest exposure first.

    day_ago: position and realised P&L 24 hours before. A state without a configuration is of a market that vanished.
    """
    by_id = {config["market_id"]: config for config in configs}
    rows = []
    for state in states:
        config = by_id.get(state["market_id"], {})
        position, realised = day_ago.get(state["market_id"], (0, 0))
        rows.append(
            {
                "market": state["market_id"], "bid": state["best_bid_cents"], "ask": state["best_ask_cents"],
                "spread": state["best_ask_cents"] - state["best_bid_cents"], "position": state["position"],
                "position, 24 h": state["position"] - position,
                "exposure $": dollars(exposure(state["position"], middle(state))),
                "realised $": dollars(state["realised_cents"]),
                "realised $, 24 h": dollars(state["realised_cents"] - realised),
                "unrealised $": dollars(unrealised(state)),
                "status": config.get("status", "unknown") if config else "vanished",
                "title": config.get("title", "no longer configured"), "updated": state["updated_at"].partition("#")[0],
            }
        )  # fmt: skip
    return sorted(rows, key=lambda row: (-row["exposure $"], row["market"]))


def pnl_by_day(
    states: Sequence[Row], first: Mapping[str, Mark], last: Mapping[str, Mark], span: Range
) -> list[Row]:
    """Realised P&L of a range by UTC day, and so far: what `first` and `last`, its ends, and the days' ends say."""
    before = {market: mark[1] for market, mark in first.items()}
    start, rows = sum(before.values()), []
    total = start
    day = span.start.replace(hour=0, minute=0, second=0, microsecond=0)
    while day < span.end:
        for state in states:
            ended = state["days"].get(f"{day:%Y-%m-%d}")
            if isinstance(ended, dict) and isinstance(ended.get("realised_cents"), int):
                before[state["market_id"]] = ended["realised_cents"]
        is_last = day + DAY >= span.end
        now = sum(mark[1] for mark in last.values()) if is_last else sum(before.values())
        rows.append({"time": day, "realised $": dollars(now - total), "so far $": dollars(now - start)})
        total, day = now, day + DAY
    return rows


def pnl_by_hour(trades: Iterable[Row], span: Range) -> list[Row]:
    """Realised P&L of a short range by the hour, and so far, from its trades."""
    hours: dict[datetime, int] = {}
    hour = span.start.replace(minute=0, second=0, microsecond=0)
    while hour < span.end:
        hours[hour], hour = 0, hour + HOUR
    for trade in trades:
        hours[moment_of(trade["timestamp"]).replace(minute=0, second=0, microsecond=0)] += trade[
            "realised_cents"
        ]
    rows, total = [], 0
    for hour, cents in hours.items():
        total += cents
        rows.append({"time": hour, "realised $": dollars(cents), "so far $": dollars(total)})
    return rows


def percentile(values: Sequence[float], share: float) -> float:
    """The least value that is not below that share (0 to 1) of all; 0 without values."""
    return sorted(values)[max(0, ceil(share * len(values)) - 1)] if values else 0.0


def latencies(executions: Iterable[Row]) -> list[Row]:
    """Latency of executions by event, and of all: count, average, P50, P95, in milliseconds, and errors."""
    by_event: dict[str, list[float]] = {}
    errors: dict[str, int] = {}
    for row in executions:
        for name in ("all", row["event"]):
            if isinstance(row.get("latency_ms"), int | float):
                by_event.setdefault(name, []).append(float(row["latency_ms"]))
            errors[name] = errors.get(name, 0) + bool(row.get("error"))
    return [
        {
            "event": name, "count": len(values), "avg ms": round(sum(values) / len(values), 2),
            "p50 ms": percentile(values, 0.5), "p95 ms": percentile(values, 0.95), "errors": errors[name],
        }
        for name, values in sorted(by_event.items(), key=lambda entry: (entry[0] != "all", entry[0]))
    ]  # fmt: skip


def decision_rows(decisions: Iterable[Row]) -> list[Row]:
    """Decisions as a table: best of the book, inventory, target quotes."""
    rows = []
    for each in decisions:
        bids, asks = levels(each, "bids"), levels(each, "asks")
        targets = each["targets"] if isinstance(each.get("targets"), dict) else {}
        rows.append(
            {
                "at": each["at"], "decision": each["decision_id"], "action": each["action"],
                "inventory": each.get("inventory"), "fair": each.get("fair_value_cents"),
                "book bid": bids[0]["price_cents"] if bids else None,
                "book ask": asks[0]["price_cents"] if asks else None,
                "target bid": _quote(targets.get("bid")), "target ask": _quote(targets.get("ask")),
                "reason": each.get("reason"),
            }
        )  # fmt: skip
    return rows


def levels(decision: Row, side: str) -> list[Row]:
    """The levels of one side of a decision's book, the best first; none where it is damaged."""
    book = decision.get("book")
    side_of_book = book.get(side) if isinstance(book, dict) else None
    return [
        level
        for level in side_of_book or ()
        if isinstance(level, dict) and {"price_cents", "size"} <= set(level)
    ]


def _quote(target: Any) -> str | None:
    if not isinstance(target, dict):
        return None
    return f"{target.get('size', '?')} @ {target.get('price_cents', '?')}"


_EXECUTION = {
    "at": "at", "market": "market_id", "event": "event", "order": "order_id", "side": "side",
    "price": "price_cents", "quantity": "quantity", "latency ms": "latency_ms", "error": "error",
}  # fmt: skip


def execution_rows(executions: Iterable[Row]) -> list[Row]:
    """Executions as a table."""
    return [{name: row.get(field) for name, field in _EXECUTION.items()} for row in executions]


def reconcile(executions: Iterable[Row], trades: Iterable[Row]) -> list[Row]:
    """Fills of the execution log against the trade log by trade: those that are missing or different in one of them."""
    fills = {row.get("trade_id", row["order_id"]): row for row in executions if row["event"] == "fill"}
    booked = {row["trade_id"]: row for row in trades}
    rows = []
    for trade in sorted({*fills, *booked}):
        fill, book = fills.get(trade), booked.get(trade)
        if fill is None or book is None:
            finding = "executed, not booked" if fill else "booked, not executed"
        else:
            finding = _difference(fill, book)
        if finding:
            row = book or fill or {}
            rows.append(
                {
                    "trade": trade, "finding": finding, "at": row["at"], "market": row["market_id"],
                    "side": row.get("side"), "executed": fill and fill.get("quantity"),
                    "booked": book and book.get("quantity"), "price": row.get("price_cents"),
                }
            )  # fmt: skip
    return sorted(rows, key=lambda row: str(row["at"]), reverse=True)


def _difference(fill: Row, book: Row) -> str:
    names = ("market_id", "side", "price_cents", "quantity")
    return ", ".join(
        f"another {name.partition('_')[0]}" for name in names if fill.get(name) != book.get(name)
    )


def position_findings(states: Sequence[Row], last: Mapping[str, Mark]) -> list[Row]:
    """Markets whose state differs from what their last trade left."""
    return [
        {
            "market": state["market_id"], "position": state["position"], "by trades": last[state["market_id"]][0],
            "realised $": dollars(state["realised_cents"]), "by trades $": dollars(last[state["market_id"]][1]),
        }
        for state in states
        if (state["position"], state["realised_cents"]) != last[state["market_id"]]
    ]  # fmt: skip


def risks(
    rows: Sequence[Row], configs: Sequence[Row], executions: Sequence[Row], now: datetime, limits: RiskLimits
) -> list[Alert]:
    """What is red. rows: of `market_rows`. executions: the newest ones."""
    alerts = [alert for row in rows for alert in _market_risks(row, _bound(row, configs), now, limits)]
    total = sum(row["exposure $"] for row in rows)
    if total > limits.exposure_dollars:
        alerts.append(Alert("exposure", f"${total:,.2f} can be lost, above ${limits.exposure_dollars:,.0f}"))
    lost = -sum(row["realised $, 24 h"] for row in rows)
    if lost > limits.loss_dollars:
        alerts.append(Alert("loss", f"${lost:,.2f} were lost in 24 hours, above ${limits.loss_dollars:,.0f}"))
    failed = sum(bool(row.get("error")) for row in executions)
    if executions and failed > limits.error_rate * len(executions):
        alerts.append(Alert("errors", f"{failed:,} of the newest {len(executions):,} executions failed"))
    return alerts


def _bound(row: Row, configs: Sequence[Row]) -> int:
    bounds = (config.get("max_position") for config in configs if config["market_id"] == row["market"])
    bound = next(bounds, None)
    return bound if isinstance(bound, int) else 0


def _market_risks(row: Row, bound: int, now: datetime, limits: RiskLimits) -> list[Alert]:
    market, alerts = row["market"], []
    if row["status"] == "vanished" and row["position"]:
        alerts.append(
            Alert("market", f"{market} is no longer configured and holds {row['position']:,} contracts")
        )
    if bound and abs(row["position"]) > limits.position_share * bound:
        alerts.append(Alert("position", f"{market} holds {row['position']:,} of {bound:,} contracts"))
    if row["spread"] <= 0:
        alerts.append(Alert("book", f"the book of {market} is crossed: bid {row['bid']}, ask {row['ask']}"))
    try:
        age = now - moment_of(row["updated"])
    except ValueError:
        return [*alerts, Alert("clock", f"when {market} was written cannot be read")]
    if age < -timedelta(seconds=limits.clock_seconds):
        alerts.append(
            Alert("clock", f"{market} was written {-age.total_seconds():,.0f} s in the future: clocks differ")
        )
    if age > timedelta(minutes=limits.stale_minutes):
        alerts.append(Alert("stale", f"{market} was written {age / timedelta(minutes=1):,.0f} minutes ago"))
    return alerts


def replay_rows(decisions: Sequence[Row], trades: Sequence[Row], before: Mark) -> list[Row]:
    """A past day as it went: at each decision the book, and the position and realised P&L after the trades so far.

    decisions, trades: of one market, in the order of time. before: position and realised P&L when the day began.
    """
    rows, position, realised, done = [], *before, 0
    for decision in decisions:
        while done < len(trades) and trades[done]["timestamp"] <= decision["timestamp"]:
            position, realised = trades[done]["position_after"], trades[done]["realised_after_cents"]
            done += 1
        (row,) = decision_rows([decision])
        rows.append(
            {**row, "position": position, "realised $": dollars(realised - before[1]), "trades so far": done}
        )
    return rows


def day_of(date: Any) -> Range:
    """A UTC day."""
    start = datetime(date.year, date.month, date.day, tzinfo=UTC)
    return Range(start, start + DAY)
