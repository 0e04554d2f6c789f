"""An action of the limiter: what it decided, and each decision with limit, count, reset and reason."""

from __future__ import annotations

import streamlit as st

from dashboard.analysis import limit_rows
from dashboard.app import charts
from dashboard.app.parts import PageEnd, Row, guarded, picked, table
from dashboard.app.shared import events, nothing, timeline

st.title("Limiter")
rows = limit_rows(timeline().total)
if not rows:
    nothing("decisions of the limiter")
    raise PageEnd
action = st.selectbox("Action", sorted({row["action"] for row in rows}), key="action", bind="query-params")
of_action = [row for row in rows if row["action"] == action]
st.plotly_chart(charts.use(of_action), key="outcomes", alt="decisions by plan and outcome")
table(of_action, f"{action} by plan and outcome")
st.subheader("Decisions")
st.caption("A sample: up to four admissions and ten others of each process and minute, kept for 14 days.")
with guarded("Decisions"):
    decisions = [event for event in events("limit", 500) if event.get("action") == action]
    if not decisions:
        nothing("decisions")
        raise PageEnd
    kinds = sorted({str(event.get("outcome")) for event in decisions})
    outcome = st.selectbox("Outcome", ["all", *kinds], key="outcome", bind="query-params")
    selected = [event for event in decisions if outcome in ("all", event.get("outcome"))]
    click = st.plotly_chart(
        charts.by_type(selected, "outcome", "Decisions over time"), key="decisions", on_select="rerun",
        selection_mode="points", alt="decisions over time by outcome",
    )  # fmt: skip
    at = st.query_params.get("decision")
    if point := picked(click):
        moment = str(point["x"]).replace(" ", "T")[:19]
        at = next((str(event["at"]) for event in selected if str(event["at"])[:19] == moment), at)
    clicked: list[Row] = []
    table(selected, f"{action} decisions", opens=clicked.append, height=320)
    if clicked:
        at = str(clicked[0]["at"])
    chosen = next((event for event in selected if event["at"] == at), None)
    if chosen is not None:
        st.query_params["decision"] = str(chosen["at"])
        st.subheader(f"The decision of {chosen['at']}")
        left, right = st.columns(2)
        left.metric(
            "Count of limit", f"{chosen.get('count', '?')} of {chosen.get('limit', '?')}", border=True
        )
        right.metric("Reset", str(chosen.get("reset", "?")), border=True)
        st.json(chosen)
