"""A background job: how long it takes, what failed, and its steps."""

from __future__ import annotations

import streamlit as st

from dashboard.analysis import distribution_rows, group_rows, summary
from dashboard.app import charts
from dashboard.app.parts import PageEnd, guarded, table
from dashboard.app.shared import events, nothing, timeline
from metrics.groups import JOB

st.title("Jobs")
current = timeline()
rows = group_rows(current.total, JOB)
with guarded("Steps"):
    steps = events("job", 500)
    names = sorted(
        {str(event.get("job")) for event in steps} | {row["group"].partition(" ")[2] for row in rows}
    )
    if not names:
        nothing("background jobs")
        raise PageEnd
    job = st.selectbox("Job", names, key="job", bind="query-params")
    series = current.total.groups.get(f"{JOB} {job}")
    if series is not None:
        figures = summary(series)
        columns = st.columns(4)
        for column, label, value in zip(
            columns, ("Ended", "Failed", "avg", "p95"),
            (f"{series.n:,}", f"{series.server_errors:,}", f"{figures['avg ms']:,} ms", f"{figures['p95 ms']:,} ms"),
            strict=True,
        ):  # fmt: skip
            column.metric(label, value, border=True)
        marks = {"p50": figures["p50 ms"], "p95": figures["p95 ms"]}
        st.plotly_chart(
            charts.distribution(distribution_rows(series), marks), key="job distribution", alt="durations"
        )
    of_job = [event for event in steps if event.get("job") == job]
    if of_job:
        st.plotly_chart(charts.by_type(of_job, "step", "Steps over time"), key="steps", alt="steps over time")
        failed = [event for event in of_job if event.get("error")]
        if failed:
            st.error(f"{len(failed)} steps failed; the last: {failed[0]['error']} at {failed[0]['at']}")
        table(of_job, f"{job} steps", height=400)
