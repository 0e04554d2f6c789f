"""Decisions, executions and their analytics, each read when its tab is open."""

from __future__ import annotations

import streamlit as st

from dashboard.analysis import TITLES, group_rows, timeline_rows
from dashboard.app import charts
from dashboard.app.parts import guarded, open_page, table
from dashboard.app.shared import events, nothing, timeline
from metrics.groups import CALL

st.title("Logs")
PAGE = 100
decisions, executions, analytics = st.tabs(
    ["Decisions", "Executions", "Analytics"], key="tab", on_change="rerun", bind="query-params"
)
if decisions.open:
    with decisions, guarded("Decisions"):
        newest = events("limit", PAGE * int(st.session_state.get("pages", 1)))
        if newest:
            st.plotly_chart(
                charts.by_type(newest, "outcome", "Decisions over time"), key="by outcome", alt="decisions"
            )
            table(
                newest,
                "decisions",
                height=420,
                opens=lambda row: open_page("Limiter", action=str(row["action"]), decision=str(row["at"])),
            )
            if st.button("Show more"):
                st.session_state["pages"] = int(st.session_state.get("pages", 1)) + 1
                st.rerun()
        else:
            nothing("decisions")
if executions.open:
    with executions, guarded("Executions"):
        steps, errors = events("job"), events("error")
        if steps:
            table(steps, "executions", height=420, opens=lambda row: open_page("Jobs", job=str(row["job"])))
        else:
            nothing("steps of jobs")
        st.markdown("**Errors that nobody expected**")
        if errors:
            table(errors, "errors")
        else:
            st.caption("None in this range.")
if analytics.open:
    with analytics, guarded("Analytics"):
        current = timeline()
        rows = group_rows(current.total, CALL)
        if rows:
            st.plotly_chart(
                charts.over(current.range, charts.requests(timeline_rows(current, CALL), "Calls by type")),
                key="calls",
                alt="calls",
            )
            st.plotly_chart(
                charts.side_by_side(rows, "Latency by strategy"), key="strategies", alt="latency by strategy"
            )
            table(
                rows,
                "strategies",
                opens=lambda row: open_page("Groups", kind=TITLES[CALL], group=str(row["group"])),
            )
        else:
            nothing("data calls")
