"""One market: its decisions with book, inventory and quotes, its executions, and their analytics."""

from __future__ import annotations

from datetime import timedelta

import streamlit as st

from dashboard.analysis import distribution_rows, money
from dashboard.app import charts as common
from dashboard.app.parts import Row, guarded, table, view
from dashboard.reading import Range
from examples.trading_dashboard.analysis import decision_rows, dollars, execution_rows, latencies, unrealised
from examples.trading_dashboard.app import charts
from examples.trading_dashboard.app.shared import choose_market, log, markets, nothing
from examples.trading_dashboard.tables import DECISIONS, EXECUTIONS, moment_of
from metrics.series import Series

PAGE = 100
# What follows from a decision is over within this time.
_OUTCOME = timedelta(hours=1)


def _drill_down(decision: Row, market: str) -> None:
    st.subheader(f"The decision of {decision['at']}")
    left, right = st.columns(2)
    left.plotly_chart(charts.depth(decision), key="book", alt="book and target quotes of the decision")
    with right:
        st.metric("Inventory", f"{decision.get('inventory', '?')}", border=True)
        st.metric("Fair value", f"{decision.get('fair_value_cents', '?')} cents", border=True)
    at = moment_of(decision["timestamp"])
    followed = [
        row
        for row in log(EXECUTIONS.name, Range(at, at + _OUTCOME), market, PAGE)
        if row.get("decision_id") == decision["decision_id"]
    ]
    if followed:
        st.markdown("**What followed**")
        table(execution_rows(followed), "what followed")
    st.json(decision, expanded=False)


def _decisions(market: str) -> None:
    decisions = log(DECISIONS.name, view().span, market, PAGE * int(st.session_state.get("pages", 1)))
    if not decisions:
        nothing("decisions")
        return
    st.plotly_chart(
        common.by_type(decisions, "action", "Decisions over time"), key="actions", alt="decisions by action"
    )
    chosen: list[Row] = []
    table(decision_rows(decisions), f"{market} decisions", opens=chosen.append, height=360)
    if st.button("Show more"):
        st.session_state["pages"] = int(st.session_state.get("pages", 1)) + 1
        st.rerun()
    if chosen:
        st.query_params["decision"] = str(chosen[0]["decision"])
    requested = st.query_params.get("decision")
    decision = next((each for each in decisions if each["decision_id"] == requested), None)
    if decision is not None:
        _drill_down(decision, market)


def _executions(market: str) -> None:
    executions = log(EXECUTIONS.name, view().span, market)
    if not executions:
        nothing("executions")
        return
    events = sorted({row["event"] for row in executions})
    event = st.selectbox("Event", ["all", *events], key="event", bind="query-params")
    table(
        [row for row in execution_rows(executions) if event in ("all", row["event"])],
        f"{market} executions",
        height=460,
    )


def _analytics(market: str) -> None:
    executions = log(EXECUTIONS.name, view().span, market)
    rows, series = latencies(executions), Series()
    if not rows:
        nothing("executions")
        return
    for row in executions:
        if isinstance(row.get("latency_ms"), int | float):
            series.add(row["latency_ms"] / 1000)
    for column, name in zip(st.columns(4), ("count", "avg ms", "p50 ms", "p95 ms"), strict=True):
        column.metric(name, f"{rows[0][name]:,}", border=True)
    st.plotly_chart(
        common.by_type(executions[:1_000], "event", "Timeline by event"),
        key="events",
        alt="executions by event",
    )
    marks = {"p50": rows[0]["p50 ms"], "p95": rows[0]["p95 ms"]}
    st.plotly_chart(
        common.distribution(distribution_rows(series), marks), key="distribution", alt="latency distribution"
    )
    st.plotly_chart(charts.latency_by_event(rows), key="by event", alt="latency by event")
    table(rows, f"{market} latency")


st.title("Market")
configs, states = markets()
market = str(choose_market(states))
state = next(each for each in states if each["market_id"] == market)
config: Row = next((each for each in configs if each["market_id"] == market), {})
st.caption(f"{config.get('title', 'No longer configured')} · {config.get('status', 'vanished')}")
figures = {
    "Best bid": f"{state['best_bid_cents']} cents", "Best ask": f"{state['best_ask_cents']} cents",
    "Spread": f"{state['best_ask_cents'] - state['best_bid_cents']} cents", "Position": f"{state['position']:,}",
    "Realised": money(dollars(state["realised_cents"])), "Unrealised": money(dollars(unrealised(state))),
}  # fmt: skip
for column, (label, value) in zip(st.columns(6), figures.items(), strict=True):
    column.metric(label, value, border=True)
decisions, executions, analytics = st.tabs(
    ["Decisions", "Executions", "Analytics"], key="tab", on_change="rerun", bind="query-params"
)
for tab, show in ((decisions, _decisions), (executions, _executions), (analytics, _analytics)):
    if tab.open:
        with tab, guarded():
            show(market)
