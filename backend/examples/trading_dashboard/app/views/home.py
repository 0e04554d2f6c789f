"""Home: what is red, P&L, exposure, every market, and what happened last."""

from __future__ import annotations

import streamlit as st

from dashboard.analysis import money
from dashboard.app.parts import PageEnd, Row, cards, guarded, open_page, picked, table, view
from examples.trading_dashboard.analysis import DAY, market_rows, risks
from examples.trading_dashboard.app import charts
from examples.trading_dashboard.app.shared import end_of_now, limits, log, markets, marks, nothing, pnl, read
from examples.trading_dashboard.tables import EXECUTIONS

RECENT = 12


def _change(amount: float) -> str:
    return f"{'+' if amount >= 0 else ''}{money(amount)}"


def _alerts(rows: list[Row], configs: list[Row]) -> None:
    with guarded("Risk"):
        newest = log(EXECUTIONS.name, view().span, most=200)
        raised = risks(rows, configs, newest, view().now, limits())
        for alert in raised:
            st.error(f"**{alert.name}**: {alert.text}", icon=":material/notification_important:")
        if not raised:
            st.success("Nothing is red.", icon=":material/check:")


def _cards(rows: list[Row], in_range: float) -> None:
    total = {
        name: sum(row[name] for row in rows) for name in rows[0] if isinstance(rows[0][name], int | float)
    }
    change = total["realised $, 24 h"]
    cards(
        [
            ("Realised P&L", money(total["realised $"]), _change(change), False),
            ("In this range", money(in_range), _change(change), False),
            ("Unrealised P&L", money(total["unrealised $"]), None, False),
            ("Exposure", money(total["exposure $"]), None, True),
            ("Contracts held", f"{sum(abs(row['position']) for row in rows):,}",
             f"{total['position, 24 h']:+,} net", None),
        ]
    )  # fmt: skip
    st.caption("Changes are over 24 hours.")


def _recent() -> None:
    logs = read(("recent", view().span), lambda reader: reader.recent(view().span, RECENT))
    rows = [
        {"at": row["at"], "log": name, "market": row["market_id"], "of": row.get("action") or row.get("event"),
         "detail": row.get("reason") or row.get("error") or row["order_id"]}
        for name, newest in zip(("decision", "execution"), logs, strict=True)
        for row in newest.rows
    ]  # fmt: skip
    if not rows:
        nothing("recent activity")
        return
    table(sorted(rows, key=lambda row: str(row["at"]), reverse=True), "recent activity",
          opens=lambda row: open_page("Market", market=str(row["market"])), height=320)  # fmt: skip


st.title("Trading")
configs, states = markets()
if not states:
    nothing("positions")
    raise PageEnd
names = tuple(sorted(state["market_id"] for state in states))
with guarded("24-hour changes"):
    day_ago = marks(names, end_of_now() - DAY)
    rows = market_rows(configs, states, day_ago)
    _alerts(rows, configs)
    points, step = pnl(states)
    _cards(rows, points[-1]["so far $"])
    left, right = st.columns(2)
    left.plotly_chart(charts.pnl(points, step), key="pnl", alt="realised P&L over time")
    click = right.plotly_chart(
        charts.exposures(rows), key="exposure", on_select="rerun", selection_mode="points", alt="exposure by market"
    )  # fmt: skip
    if point := picked(click):
        open_page("Market", market=str(point["x"]))
    st.subheader("Active markets")
    table(rows, "markets", opens=lambda row: open_page("Market", market=str(row["market"])), height=460)
    st.caption(
        "Bid, ask and spread are in cents. A click on a row opens its market. Exposure is what can be lost."
    )
    with st.expander(f"P&L by {step}"):
        table(points, "P&L")
st.subheader("Recent activity")
with guarded("Recent activity"):
    _recent()
