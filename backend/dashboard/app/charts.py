"""The charts. Colours are the same in light and dark, and told apart by lightness too."""

from __future__ import annotations

from collections.abc import Sequence
from math import log10
from typing import Any

import plotly.graph_objects as go

from dashboard.reading import Range

Row = dict[str, Any]
OK, CLIENT, SERVER, GREY = "#2a9d8f", "#e9a03b", "#d1495b", "#9aa5b1"
P50, P95, P99 = "#7fb3d5", "#3b7dd8", "#8a3ffc"
_OUTCOMES = {
    "allowed": OK, "allowed locally": "#8fd3c8",
    "denied": SERVER, "denied from memory": "#e58fa0", "refused": "#6c757d",
}  # fmt: skip
_HEIGHT = 300


def layout(figure: go.Figure, title: str, unit: str, height: int = _HEIGHT) -> go.Figure:
    """A figure with what all charts have: title, legend above, bars stacked."""
    figure.update_layout(
        title={"text": title, "font": {"size": 15}}, height=height, margin={"l": 10, "r": 10, "t": 70, "b": 30},
        legend={"orientation": "h", "x": 1, "xanchor": "right", "y": 1.02, "yanchor": "bottom", "traceorder": "normal"},
        hovermode="x unified", yaxis_title=unit, barmode="stack",
    )  # fmt: skip
    return figure


def over(span: Range, figure: go.Figure) -> go.Figure:
    """A chart over time that shows the whole range, however little of it has figures."""
    figure.update_xaxes(range=[span.start, span.end])
    return figure


def requests(rows: Sequence[Row], title: str = "Requests and errors") -> go.Figure:
    """Samples by point: fine, 4xx, 5xx."""
    times = [row["time"] for row in rows]
    fine = [row["count"] - row["4xx"] - row["5xx"] for row in rows]
    bars = (
        ("fine", fine, OK),
        ("4xx", [row["4xx"] for row in rows], CLIENT),
        ("5xx", [row["5xx"] for row in rows], SERVER),
    )
    return layout(
        go.Figure([go.Bar(x=times, y=y, name=name, marker_color=color) for name, y, color in bars]),
        title,
        "count",
    )


def percentiles(rows: Sequence[Row], title: str = "Latency") -> go.Figure:
    """p50, p95 and p99 by point."""
    times = [row["time"] for row in rows]
    lines = [
        go.Scatter(
            x=times, y=[row[f"{name} ms"] for row in rows], name=name, mode="lines+markers", marker_size=4,
            line_color=color,
        )
        for name, color in (("p50", P50), ("p95", P95), ("p99", P99))
    ]  # fmt: skip
    return layout(go.Figure(lines), title, "ms")


def cost(rows: Sequence[Row]) -> go.Figure:
    """Dollars by point as bars, and so far as a line on an axis of its own."""
    times = [row["time"] for row in rows]
    figure = go.Figure(
        [
            go.Bar(x=times, y=[row["dollars"] for row in rows], name="dollars", marker_color=P95),
            go.Scatter(
                x=times,
                y=[row["dollars so far"] for row in rows],
                name="so far",
                yaxis="y2",
                line_color=CLIENT,
            ),
        ]
    )
    figure.update_layout(
        yaxis2={"overlaying": "y", "side": "right", "rangemode": "tozero", "showgrid": False}
    )
    return layout(figure, "Capacity cost, by point and cumulative", "$")


def daily_cost(rows: Sequence[Row]) -> go.Figure:
    """Dollars by day."""
    bars = go.Bar(x=[row["day"] for row in rows], y=[row["dollars"] for row in rows], marker_color=P95)
    figure = layout(go.Figure([bars]), "Capacity cost by day", "$")
    figure.update_xaxes(type="category")
    return figure


def use(rows: Sequence[Row]) -> go.Figure:
    """Decisions by action and plan, by outcome."""
    places = sorted({f"{row['action']}, {row['plan']}" for row in rows})
    figure = go.Figure()
    for outcome, color in _OUTCOMES.items():
        counts = dict.fromkeys(places, 0)
        for row in rows:
            if row["outcome"] == outcome:
                counts[f"{row['action']}, {row['plan']}"] += row["decisions"]
        if any(counts.values()):
            figure.add_bar(x=places, y=list(counts.values()), name=outcome, marker_color=color)
    return layout(figure, "Use by action and plan, and what the limiter decided", "decisions")


def side_by_side(rows: Sequence[Row], title: str) -> go.Figure:
    """avg, p50, p95 and p99 of each group."""
    names = [row["group"].partition(" ")[2] for row in rows]
    figure = go.Figure(
        [
            go.Bar(x=names, y=[row[f"{name} ms"] for row in rows], name=name, marker_color=color)
            for name, color in (("avg", OK), ("p50", P50), ("p95", P95), ("p99", P99))
        ]
    )
    layout(figure, title, "ms", 360)
    figure.update_layout(barmode="group")
    return figure


def distribution(rows: Sequence[Row], marks: dict[str, float]) -> go.Figure:
    """Samples by latency on a logarithmic axis, with percentiles marked one above the other."""
    middles = [row["ms"] for row in rows]
    bars = go.Bar(
        x=middles,
        y=[row["count"] for row in rows],
        width=[middle * 0.085 for middle in middles],
        marker_color=P95,
    )
    figure = layout(go.Figure([bars]), "Latency distribution", "count")
    figure.update_xaxes(type="log", title="ms")
    for number, (name, value) in enumerate(marks.items()):
        if value > 0:
            figure.add_vline(x=value, line_dash="dot", line_color=SERVER)
            figure.add_annotation(
                x=log10(value), y=1.24 - number * 0.1, yref="paper", text=f"{name} {value:,.1f} ms",
                showarrow=False, xanchor="left", bgcolor="rgba(160, 160, 160, 0.35)",
            )  # fmt: skip
    return figure


def by_type(rows: Sequence[Row], field: str, title: str) -> go.Figure:
    """Events over time, one line of points for each type."""
    figure = go.Figure()
    for kind in sorted({str(row.get(field, "?")) for row in rows}):
        of_kind = [row for row in rows if str(row.get(field, "?")) == kind]
        figure.add_scatter(
            x=[row["at"] for row in of_kind], y=[kind] * len(of_kind), mode="markers", name=kind,
            marker={"size": 9, "opacity": 0.7, "color": _OUTCOMES.get(kind)},
        )  # fmt: skip
    layout(figure, title, "", 260)
    figure.update_layout(hovermode="closest", showlegend=False)
    return figure


def shadows(rows: Sequence[Row]) -> go.Figure:
    """Shadow reads by point: equal, different, failed, skipped."""
    times = [row["time"] for row in rows]
    colors = (("equal", OK), ("different", SERVER), ("failed", CLIENT), ("skipped", GREY))
    bars = [
        go.Bar(x=times, y=[row[name] for row in rows], name=name, marker_color=color)
        for name, color in colors
    ]
    return layout(go.Figure(bars), "Shadow reads over time", "comparisons")


def runs(rows: Sequence[Row]) -> go.Figure:
    """Runs of a problem by point: solved, failed, others."""
    times = [row["time"] for row in rows]
    bars = (("solved", "solved", OK), ("failed", "failed", SERVER), ("not judged", "not judged", GREY))
    figure = go.Figure([go.Bar(x=times, y=[r[f] for r in rows], name=n, marker_color=c) for n, f, c in bars])
    return layout(figure, "Runs over time", "runs")


def problems(rows: Sequence[Row]) -> go.Figure:
    """Runs of the busiest problems: solved, failed, others."""
    top = rows[:15]
    names = [row["problem"] for row in top]
    unjudged = [row["runs"] - row["solved"] - row["failed"] for row in top]
    bars = (
        ("solved", [r["solved"] for r in top], OK),
        ("failed", [r["failed"] for r in top], SERVER),
        ("not judged", unjudged, GREY),
    )
    return layout(
        go.Figure([go.Bar(x=names, y=y, name=n, marker_color=c) for n, y, c in bars]),
        "Problems by runs",
        "runs",
    )
