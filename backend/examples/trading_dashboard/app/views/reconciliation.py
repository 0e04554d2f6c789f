"""Executions against trades, and states against the last trade of each market."""

from __future__ import annotations

import streamlit as st

from dashboard.app.parts import open_page, table, view
from examples.trading_dashboard.analysis import position_findings, reconcile
from examples.trading_dashboard.app.shared import choose_market, end_of_now, log, markets, marks, nothing
from examples.trading_dashboard.tables import EXECUTIONS, TRADES

# What is read of each log at most: a week of a dozen markets.
RECONCILED = 20_000

st.title("Reconciliation")
_, states = markets()
market = choose_market(states, with_all=True)
executions, trades = (log(each.name, view().span, market, RECONCILED) for each in (EXECUTIONS, TRADES))
# What was read of one log alone is not compared.
begins = view().span.start.isoformat(timespec="milliseconds").replace("+00:00", "Z")
since = max([begins, *(rows[-1]["at"] for rows in (executions, trades) if len(rows) == RECONCILED)])
executions, trades = ([row for row in rows if row["at"] >= since] for rows in (executions, trades))
fills = sum(row["event"] == "fill" for row in executions)
rows = reconcile(executions, trades)
for column, (label, value) in zip(
    st.columns(3),
    (("Fills executed", fills), ("Trades booked", len(trades)), ("Differences", len(rows))),
    strict=True,
):
    column.metric(label, f"{value:,}", border=True)
if not fills and not trades:
    nothing("fills and trades")
elif rows:
    st.warning(
        f"{len(rows):,} fills are missing or different in one of the two logs.", icon=":material/error:"
    )
    table(
        rows,
        "differences",
        opens=lambda row: open_page("Market", market=str(row["market"]), tab="Executions"),
    )
else:
    st.success("Every fill is in both logs, with the same side, price and quantity.", icon=":material/check:")
st.caption(f"Compared from {since}.")
st.subheader("Positions")
of_market = [state for state in states if market in (None, state["market_id"])]
names = tuple(sorted(state["market_id"] for state in of_market))
findings = position_findings(of_market, marks(names, end_of_now()))
if findings:
    st.warning(f"{len(findings):,} states differ from what the last trade left.", icon=":material/error:")
    table(findings, "positions")
else:
    st.success("Every position and realised P&L is what the last trade left.", icon=":material/check:")
