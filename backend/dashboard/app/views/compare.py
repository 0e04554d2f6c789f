"""Two ranges or two environments side by side."""

from __future__ import annotations

from datetime import timedelta

import streamlit as st

from dashboard.analysis import KINDS, group_rows, percent, relative_change, timeline_rows
from dashboard.app import charts
from dashboard.app.parts import PageEnd, is_demo, secrets, table, view
from dashboard.app.shared import nothing, timeline
from dashboard.reading import Range
from dashboard.targets import env_choices, target_of
from metrics.groups import ROUTE

st.title("Compare")
span = view().span.compared
OFFSETS = {
    "the time before": span.length,
    "the same time a day before": timedelta(days=1),
    "the same time a week before": timedelta(days=7),
}
how = st.selectbox("Compare with", [*OFFSETS, "another environment"], key="with", bind="query-params")
other_span, target = span, view().target
if how in OFFSETS:
    other_span = Range(span.start - OFFSETS[how], span.end - OFFSETS[how])
    name = how
else:
    environments = [env for env in env_choices() if env != target.env]
    name = st.selectbox("Environment", environments, key="other", bind="query-params")
    if is_demo():
        st.info("The generated week has one environment.", icon=":material/info:")
        raise PageEnd
    target = target_of(name, None, secrets())
kind = KINDS[st.selectbox("Kind", list(KINDS), key="kind", bind="query-params")]
first, second = timeline(span), timeline(other_span, target)
if not first.points and not second.points:
    nothing("figures")
    raise PageEnd
left, right = st.columns(2)
for column, title, each in ((left, "this range", first), (right, name, second)):
    column.plotly_chart(
        charts.over(each.range, charts.requests(timeline_rows(each, kind), f"Requests, {title}")),
        key=f"{title} requests",
        alt=title,
    )
    column.plotly_chart(
        charts.over(each.range, charts.percentiles(timeline_rows(each, kind), f"Latency, {title}")),
        key=f"{title} latency",
        alt=title,
    )
now = {row["group"]: row for row in group_rows(first.total, kind)}
then = {row["group"]: row for row in group_rows(second.total, kind)}
rows = []
for group in dict.fromkeys([*now, *then]):
    first_row, second_row = now.get(group, {}), then.get(group, {})
    row = {"group": group}
    for figure in ("count", "error rate", "p50 ms", "p95 ms", "p99 ms", "RCU", "WCU"):
        row[figure] = first_row.get(figure)
        row[f"{figure}, {name}"] = second_row.get(figure)
    row["count, change"] = percent(relative_change(first_row.get("count", 0), second_row.get("count", 0)))
    rows.append(row)
table(rows, "comparison")
if kind == ROUTE:
    st.caption("A group that is missing on one side had no requests there.")
