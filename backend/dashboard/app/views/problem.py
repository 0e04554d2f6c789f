"""Problems by runs, and one of them over time."""

from __future__ import annotations

import streamlit as st

from dashboard.analysis import problem_rows
from dashboard.app import charts
from dashboard.app.parts import PageEnd, open_page, picked, table, view
from dashboard.app.shared import nothing, timeline

st.title("Problems")
current, before = timeline(), timeline(view().span.before)
rows = problem_rows(current.total, current.compared, before.total)
if not rows:
    nothing("runs of problems")
    raise PageEnd
problem = st.selectbox("Problem", [row["problem"] for row in rows], key="problem", bind="query-params")
row = next(row for row in rows if row["problem"] == problem)
columns = st.columns(4)
columns[0].metric("Runs", f"{row['runs']:,}", row["runs, change"], border=True)
columns[1].metric("Solved", f"{row['solved']:,}", row["solved, change"], border=True)
columns[2].metric("Failed", f"{row['failed']:,}", row["failed, change"],
                  delta_color="inverse", border=True)  # fmt: skip
columns[3].metric("Failure rate", f"{row['failure rate']:.1%}", f"{row['failure rate, change'] * 100:+.1f} points",
                  delta_color="inverse", border=True)  # fmt: skip
points = []
for at in sorted(current.points):
    runs, solved, failed = current.points[at].problems.get(problem, [0, 0, 0])
    points.append({"time": at, "solved": solved, "failed": failed, "not judged": runs - solved - failed})
st.plotly_chart(
    charts.over(current.range, charts.runs(points)), key="runs", alt="runs of the problem over time"
)
click = st.plotly_chart(
    charts.problems(rows), key="problems", on_select="rerun", selection_mode="points", alt="problems by runs"
)
if point := picked(click):
    open_page("Problems", problem=str(point["x"]))
table(rows, "all problems", opens=lambda each: open_page("Problems", problem=str(each["problem"])))
