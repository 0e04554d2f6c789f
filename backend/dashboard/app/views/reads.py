"""Read paths that are taken over in stages: the history of their shadow reads and of their windows."""

from __future__ import annotations

import streamlit as st

from dashboard.analysis import shadow_points, shadow_rows
from dashboard.app import charts
from dashboard.app.parts import PageEnd, guarded, table
from dashboard.app.shared import events, nothing, timeline

st.title("Read paths")
current = timeline()
rows = shadow_rows(current.total)
with guarded("Windows"):
    windows = events("rollout", 500)
    names = sorted({row["path"] for row in rows} | {str(event.get("path")) for event in windows})
    if not names:
        nothing("shadow reads")
        st.caption(
            "make dynamodb-rollout-enable takes a path over; its option --shadow compares a share of the reads."
        )
        raise PageEnd
    path = st.selectbox("Read path", names, key="path", bind="query-params")
    of_path = [row for row in rows if row["path"] == path]
    compared = sum(row["equal"] + row["different"] for row in of_path)
    for column, (label, value) in zip(
        st.columns(4),
        (("Compared", compared), *((name.capitalize(), sum(row[name] for row in of_path))
                                   for name in ("different", "failed", "skipped"))),
        strict=True,
    ):  # fmt: skip
        column.metric(label, f"{value:,}", border=True)
    st.plotly_chart(
        charts.over(current.range, charts.shadows(shadow_points(current, path))),
        key="shadows",
        alt="shadow reads",
    )
    if of_path:
        table(of_path, f"{path} shadow reads")
    st.subheader("Windows, differences and rollbacks")
    of_path = [event for event in windows if event.get("path") == path]
    if of_path:
        st.plotly_chart(
            charts.by_type(of_path, "event", "Windows over time"), key="windows", alt="windows over time"
        )
        table(of_path, f"{path} windows", height=360)
    else:
        nothing("windows")
