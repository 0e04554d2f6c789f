"""Home: is the service well, what does it cost, who uses what, and what happened last."""

from __future__ import annotations

import streamlit as st

from dashboard.alerts import Alert, alerts, state_alerts
from dashboard.analysis import (
    TITLES,
    compact,
    cost_by_day,
    cost_rows,
    dollars_of,
    error_rate,
    group_rows,
    limit_rows,
    merged,
    milliseconds,
    money,
    percent,
    problem_rows,
    recording_cost,
    relative_change,
    timeline_rows,
)
from dashboard.app import charts
from dashboard.app.parts import PageEnd, Row, cards, guarded, open_page, picked, table, view
from dashboard.app.shared import events, nothing, read, thresholds, timeline
from dashboard.reading import BY_MINUTE, Timeline
from metrics.groups import CALL, ROUTE


def _alerts(current: Timeline) -> None:
    prices = view().target.settings.prices
    raised = alerts(current, view().now, thresholds(), prices)
    with guarded("State of the tables"):
        raised += state_alerts(read(("health",), lambda reader: reader.health()), [])
    with guarded("Changes of tables"):
        env = view().target.env
        raised += state_alerts({}, read(("changes", env), lambda reader: reader.changes(env)))
    if not raised:
        st.success("Nothing is red.", icon=":material/check_circle:")
    for alert in raised:
        _show(alert)


def _show(alert: Alert) -> None:
    st.error(f"**{alert.name}**: {alert.text}", icon=":material/warning:")


def _cards(current: Timeline, before: Timeline) -> None:
    prices = view().target.settings.prices
    total, now, earlier = (merged(each, ROUTE) for each in (current.total, current.compared, before.total))
    calls, calls_now, calls_earlier = (
        merged(each, CALL) for each in (current.total, current.compared, before.total)
    )
    points = (error_rate(now) - error_rate(earlier)) * 100 if earlier.n else None
    cards(
        [
            ("Requests", f"{total.n:,}", percent(relative_change(now.n, earlier.n)), False),
            ("Error rate", f"{error_rate(total):.2%}", None if points is None else f"{points:+.2f} points", True),
            ("p95", f"{milliseconds(total, 0.95):,.0f} ms",
             percent(relative_change(milliseconds(now, 0.95), milliseconds(earlier, 0.95))), True),
            ("RCU + WCU", f"{compact(calls.read_units / 100)} + {compact(calls.write_units / 100)}",
             percent(relative_change(calls_now.read_units + calls_now.write_units,
                                     calls_earlier.read_units + calls_earlier.write_units)), True),
            ("Capacity cost", money(dollars_of(calls, prices)),
             percent(relative_change(dollars_of(calls_now, prices), dollars_of(calls_earlier, prices))), True),
        ]
    )  # fmt: skip
    hours = view().span.compared.length.total_seconds() / 3600
    hours_note = ", of complete hours" if view().span.length > BY_MINUTE else ""
    st.caption(
        f"Changes are against the {hours:,.0f} {'hour' if hours == 1 else 'hours'} before{hours_note}."
    )


def _open_group(row: Row) -> None:
    open_page("Groups", kind=TITLES[str(row["group"]).partition(" ")[0]], group=str(row["group"]))


def _charts(current: Timeline) -> None:
    rows = timeline_rows(current, ROUTE)
    left, right = st.columns(2)
    left.plotly_chart(
        charts.over(current.range, charts.requests(rows)), key="requests", alt="requests and errors over time"
    )
    right.plotly_chart(
        charts.over(current.range, charts.percentiles(rows)),
        key="latency",
        alt="latency percentiles over time",
    )
    costs = cost_rows(current, view().target.settings.prices)
    left, right = st.columns(2)
    left.plotly_chart(
        charts.over(current.range, charts.cost(costs)), key="cost", alt="capacity cost, cumulative"
    )
    right.plotly_chart(charts.daily_cost(cost_by_day(costs)), key="daily", alt="capacity cost by day")


def _use(current: Timeline) -> None:
    rows = limit_rows(current.total)
    if not rows:
        nothing("decisions of the limiter")
        return
    click = st.plotly_chart(
        charts.use(rows), key="use", on_select="rerun", selection_mode="points", alt="use by action and plan"
    )  # fmt: skip
    if point := picked(click):
        open_page("Limiter", action=str(point["x"]).partition(",")[0])


def _problems(current: Timeline, before: Timeline) -> None:
    rows = problem_rows(current.total, current.compared, before.total)
    if not rows:
        nothing("runs of problems")
        return
    table(
        rows[:50],
        "problems",
        opens=lambda row: open_page("Problems", problem=str(row["problem"])),
        height=320,
    )


def _recent() -> None:
    rows = [
        {"at": event["at"], "what": label, "of": event.get("action") or event.get("job") or event.get("error"),
         "result": event.get("outcome") or event.get("step") or event.get("route", "")}
        for kind, label in (("limit", "decision"), ("job", "job"), ("error", "error"))
        for event in events(kind, 10)
    ]  # fmt: skip
    if not rows:
        nothing("events")
        return
    table(sorted(rows, key=lambda row: str(row["at"]), reverse=True), "recent activity", height=320)


def _states() -> None:
    left, right = st.columns(2)
    with left, guarded("Tables"):
        rows = []
        for name, state in read(("health",), lambda reader: reader.health()).items():
            parts = [
                (name, state),
                *((f"{name} / {index}", each) for index, each in state.get("indexes", {}).items()),
            ]
            rows += [
                {"table or index": part, "status": each.get("status") or each.get("error"), "items": each.get("items"),
                 "MB": round(each.get("bytes", 0) / 1e6, 1), "as of": state.get("at")}
                for part, each in parts
            ]  # fmt: skip
        st.markdown("**Tables and indexes**, as DynamoDB counted them within six hours")
        if rows:
            table(rows, "tables")
        else:
            nothing("state of a table")
    with right, guarded("The move"):
        st.markdown("**The move from MySQL**")
        steps = read(("move",), lambda reader: reader.move())
        if steps:
            table(steps, "move")
        else:
            st.caption("No move into this table is recorded.")
    with guarded("Changes of tables"):
        env = view().target.env
        changes = read(("changes", env), lambda reader: reader.changes(env))
        with st.expander(f"Versioned changes: {len(changes)}"):
            table(changes, "changes")


st.title("Service")
current = timeline()
if not current.points:
    nothing("figures")
    _states()
    raise PageEnd
_alerts(current)
before = timeline(view().span.before)
_cards(current, before)
_charts(current)
st.subheader("Use and the limiter")
_use(current)
for kind in (ROUTE, CALL):
    st.subheader(TITLES[kind])
    table(group_rows(current.total, kind), TITLES[kind].lower(), opens=_open_group)
st.subheader("Problems")
_problems(current, before)
st.subheader("Recent activity")
with guarded("Recent activity"):
    _recent()
st.subheader("Tables, move and changes")
_states()
units, dollars = recording_cost(current, view().target.settings.prices)
st.caption(
    f"{len(current.processes)} processes wrote these figures: recording takes about {units:,.0f} WCU a day, "
    f"{money(dollars)} a month."
)
