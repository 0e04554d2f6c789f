"""One group of requests, calls or jobs, and all of its kind side by side."""

from __future__ import annotations

import streamlit as st

from dashboard.analysis import KINDS, distribution_rows, group_rows, route_events, summary, timeline_rows
from dashboard.app import charts
from dashboard.app.parts import PageEnd, guarded, open_page, picked, table
from dashboard.app.shared import events, nothing, timeline
from metrics.groups import ROUTE

st.title("Groups")
current = timeline()
title = st.selectbox("Kind", list(KINDS), key="kind", bind="query-params")
kind = KINDS[title]
rows = group_rows(current.total, kind)
if not rows:
    nothing(title.lower())
    raise PageEnd
names = [row["group"] for row in rows]
requested = st.query_params.get("group")
if requested and requested not in names and requested.startswith(f"{kind} "):
    st.warning(f"{requested} has no figures in this range.", icon=":material/info:")
group = st.selectbox("Group", names, key="group", bind="query-params")
series = current.total.groups[group]
figures = summary(series)
for column, name in zip(
    st.columns(6), ("count", "error rate", "avg ms", "p50 ms", "p95 ms", "p99 ms"), strict=True
):
    value = figures[name]
    column.metric(name, f"{value:.2%}" if name == "error rate" else f"{value:,}", border=True)
points = timeline_rows(current, group)
left, right = st.columns(2)
left.plotly_chart(
    charts.over(current.range, charts.requests(points, "Timeline by type")),
    key="group requests",
    alt="requests by type over time",
)
right.plotly_chart(
    charts.over(current.range, charts.percentiles(points)),
    key="group latency",
    alt="latency percentiles over time",
)
marks = {"p50": figures["p50 ms"], "p95": figures["p95 ms"], "p99": figures["p99 ms"]}
st.plotly_chart(
    charts.distribution(distribution_rows(series), marks), key="distribution", alt="latency distribution"
)
if kind == ROUTE:
    with guarded("Events"):
        happened = route_events(group, events("limit", 500), events("error", 500))
        st.subheader("The limiter's decisions and errors")
        if happened:
            table(happened, f"{group} events", height=240)
        else:
            st.caption("None in the sample of this range.")
st.subheader(f"{title} side by side")
click = st.plotly_chart(
    charts.side_by_side(rows[:12], "avg, p50, p95 and p99"), key="side", on_select="rerun", selection_mode="points",
    alt="percentiles of every group",
)  # fmt: skip
if point := picked(click):
    open_page("Groups", kind=title, group=f"{kind} {point['x']}")
table(rows, f"{kind} groups", opens=lambda row: open_page("Groups", kind=title, group=str(row["group"])))
with st.expander("Figures by point"):
    table(points, f"{group} by point")
