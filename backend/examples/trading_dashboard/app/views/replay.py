"""A past day of a market, decision by decision: the book, the quotes, the position and the P&L as they were."""

from __future__ import annotations

from datetime import timedelta

import streamlit as st

from dashboard.analysis import money
from dashboard.app.parts import PageEnd, table, view
from examples.trading_dashboard.analysis import day_of, replay_rows
from examples.trading_dashboard.app import charts
from examples.trading_dashboard.app.shared import SITE, choose_market, log, markets, marks, nothing
from examples.trading_dashboard.tables import DECISIONS, TRADES

st.title("Replay")
_, states = markets()
market = str(choose_market(states))
today = view().now.date()
date = st.date_input(
    "Day (UTC)",
    today - timedelta(days=1),
    today - timedelta(days=SITE.days),
    today,
    key="day",
    bind="query-params",
)
span = day_of(date or today)
decisions, trades = log(DECISIONS.name, span, market)[::-1], log(TRADES.name, span, market)[::-1]
if not decisions:
    nothing(f"decisions of {market} on {span.start:%Y-%m-%d}")
    raise PageEnd
rows = replay_rows(decisions, trades, marks((market,), span.start)[market])
moments = [row["at"] for row in rows]
moment = moments[0]
if len(moments) > 1:
    moment = st.select_slider(
        "Moment (UTC)", moments, moments[-1], format_func=lambda at: at[11:16], key="moment"
    )
number = moments.index(moment)
row = rows[number]
for column, (label, value) in zip(
    st.columns(4),
    (("Position", f"{row['position']:,}"), ("Realised since midnight", money(row["realised $"])),
     ("Trades so far", row["trades so far"]), ("Action", row["action"])),
    strict=True,
):  # fmt: skip
    column.metric(label, value, border=True)
left, right = st.columns(2)
left.plotly_chart(charts.day(rows, trades, row), key="day book", alt="book and trades of the day")
right.plotly_chart(charts.depth(decisions[number]), key="depth", alt="book and target quotes at the moment")
st.plotly_chart(charts.day_pnl(rows), key="day pnl", alt="position and P&L through the day")
table(rows, "replay", height=320)
