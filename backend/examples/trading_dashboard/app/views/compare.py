"""Several markets side by side."""

from __future__ import annotations

import streamlit as st

from dashboard.app.parts import PageEnd, open_page, table, view
from examples.trading_dashboard.analysis import DAY, latencies, market_rows
from examples.trading_dashboard.app import charts
from examples.trading_dashboard.app.shared import end_of_now, log, markets, marks, nothing, pnl
from examples.trading_dashboard.tables import EXECUTIONS, Row

MOST = 6

st.title("Compare")
configs, states = markets()
names = sorted(state["market_id"] for state in states)
chosen = st.multiselect(
    "Markets", names, names[:3], max_selections=MOST, key="markets", bind="query-params"
)  # fmt: skip
if not chosen:
    nothing("markets to compare")
    raise PageEnd
span, selected = view().span, tuple(chosen)
of_chosen = [state for state in states if state["market_id"] in selected]
by_market: dict[str, list[Row]] = {}
rows, steps = [], set()
for row in market_rows(configs, of_chosen, marks(selected, end_of_now() - DAY)):
    market = row["market"]
    by_market[market], step = pnl([state for state in of_chosen if state["market_id"] == market], market)
    steps.add(step)
    latency: Row = next(iter(latencies(log(EXECUTIONS.name, span, market))), {})
    figures = {f"latency {name}": latency.get(name) for name in ("avg ms", "p50 ms", "p95 ms")}
    rows.append(
        {
            **row,
            "realised $, range": by_market[market][-1]["so far $"],
            **figures,
            "errors": latency.get("errors"),
        }
    )
st.plotly_chart(charts.curves(by_market, " or ".join(sorted(steps))), key="curves", alt="P&L of the markets")
table(rows, "comparison", opens=lambda row: open_page("Market", market=str(row["market"])))
