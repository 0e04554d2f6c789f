"""The charts of the trading pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from dashboard.app.charts import CLIENT, GREY, OK, P50, P95, SERVER, layout
from examples.trading_dashboard.analysis import levels
from examples.trading_dashboard.tables import Row


def pnl(rows: Sequence[Row], step: str) -> go.Figure:
    """Realised P&L so far as a line, over that of each day or hour as bars."""
    times = [row["time"] for row in rows]
    amounts = [row["realised $"] for row in rows]
    figure = go.Figure(
        [
            go.Bar(
                x=times,
                y=amounts,
                name=f"by {step}",
                marker_color=[OK if a >= 0 else SERVER for a in amounts],
            ),
            go.Scatter(x=times, y=[row["so far $"] for row in rows], name="cumulative", line_color=P95),
        ]
    )
    return layout(figure, f"Realised P&L, cumulative and by {step}", "$")


def exposures(rows: Sequence[Row]) -> go.Figure:
    """What each market's position can lose, long and short."""
    figure = go.Figure()
    for name, color, sign in (("long", OK, 1), ("short", CLIENT, -1)):
        of_side = [row for row in rows if row["position"] * sign > 0]
        figure.add_bar(
            x=[row["market"] for row in of_side], y=[row["exposure $"] for row in of_side], name=name,
            marker_color=color,
        )  # fmt: skip
    layout(figure, "Exposure by market", "$")
    figure.update_xaxes(categoryorder="array", categoryarray=[row["market"] for row in rows], tickangle=40)
    return figure


def depth(decision: Row) -> go.Figure:
    """A decision's book: sizes by price, and the target quotes marked."""
    figure = go.Figure()
    for side, color in (("bids", OK), ("asks", SERVER)):
        of_side = levels(decision, side)
        figure.add_bar(
            x=[level["price_cents"] for level in of_side], y=[level["size"] for level in of_side], name=side,
            marker_color=color,
        )  # fmt: skip
    targets = decision["targets"] if isinstance(decision.get("targets"), dict) else {}
    quotes = {side: quote for side, quote in targets.items() if isinstance(quote, dict)}
    figure.add_scatter(
        x=[quote.get("price_cents") for quote in quotes.values()], y=[quote.get("size") for quote in quotes.values()],
        name="targets", mode="markers", marker={"symbol": "diamond", "size": 14, "color": P95},
    )  # fmt: skip
    layout(figure, "Book and target quotes", "contracts")
    figure.update_xaxes(title="cents")
    return figure


def latency_by_event(rows: Sequence[Row]) -> go.Figure:
    """avg, P50 and P95 of each event."""
    names = [row["event"] for row in rows]
    figure = go.Figure(
        [
            go.Bar(x=names, y=[row[f"{name} ms"] for row in rows], name=name, marker_color=color)
            for name, color in (("avg", OK), ("p50", P50), ("p95", P95))
        ]
    )
    layout(figure, "Latency by event", "ms")
    figure.update_layout(barmode="group")
    return figure


def curves(by_market: Mapping[str, Sequence[Row]], step: str) -> go.Figure:
    """Cumulative realised P&L of several markets."""
    figure = go.Figure()
    for market, rows in by_market.items():
        figure.add_scatter(x=[row["time"] for row in rows], y=[row["so far $"] for row in rows], name=market)
    return layout(figure, f"Cumulative realised P&L by {step}", "$", 380)


def day(rows: Sequence[Row], trades: Sequence[Row], chosen: Row) -> go.Figure:
    """A past day: best bid and ask at each decision, trades, and the moment that is looked at."""
    times = [row["at"] for row in rows]
    figure = go.Figure(
        [
            go.Scatter(x=times, y=[row["book ask"] for row in rows], name="ask", line_color=SERVER),
            go.Scatter(x=times, y=[row["book bid"] for row in rows], name="bid", line_color=OK),
        ]
    )
    for side, color, symbol in (("buy", OK, "triangle-up"), ("sell", SERVER, "triangle-down")):
        of_side = [trade for trade in trades if trade["side"] == side]
        figure.add_scatter(
            x=[trade["at"] for trade in of_side], y=[trade["price_cents"] for trade in of_side], mode="markers",
            name=side, marker={"symbol": symbol, "size": 11, "color": color},
        )  # fmt: skip
    figure.add_vline(x=chosen["at"], line_dash="dot", line_color=GREY)
    return layout(figure, "Book and trades of the day", "cents", 360)


def day_pnl(rows: Sequence[Row]) -> go.Figure:
    """Position and realised P&L through the day."""
    times = [row["at"] for row in rows]
    figure = go.Figure(
        [
            go.Bar(x=times, y=[row["position"] for row in rows], name="position", marker_color=P50),
            go.Scatter(
                x=times, y=[row["realised $"] for row in rows], name="realised $", yaxis="y2", line_color=P95
            ),
        ]
    )
    figure.update_layout(yaxis2={"overlaying": "y", "side": "right", "showgrid": False, "tickformat": ".2f"})
    return layout(figure, "Position and realised P&L through the day", "contracts")
