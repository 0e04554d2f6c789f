"""Figures as rows and points for tables and charts: plain lists, without pandas."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from config.prices import Prices
from dashboard.reading import Timeline
from metrics.groups import (
    CALL,
    JOB,
    LIMIT,
    ROUTE,
    SHADOW,
    SHADOW_OUTCOMES,
    parts_of_limit,
    parts_of_shadow,
    route_group,
)
from metrics.items import Figures
from metrics.series import Series

Row = dict[str, Any]
KINDS = {"Route groups": ROUTE, "Data calls": CALL, "Background jobs": JOB}
TITLES = {kind: title for title, kind in KINDS.items()}
_DAYS_OF_MONTH = 30


def merged(figures: Figures, kind: str) -> Series:
    """All groups of a kind as one series."""
    total = Series()
    for group, series in figures.groups.items():
        if group.startswith(f"{kind} "):
            total.merge(series)
    return total


def milliseconds(series: Series, share: float) -> float:
    """A percentile in milliseconds."""
    return round(min(series.histogram.quantile(share), series.longest) / 1000, 2)


def average(series: Series) -> float:
    """The mean in milliseconds."""
    return round(series.total / series.n / 1000, 2) if series.n else 0.0


def error_rate(series: Series) -> float:
    """The share of 5xx responses, or of calls that failed; 0 to 1."""
    return series.server_errors / series.n if series.n else 0.0


def summary(series: Series) -> Row:
    """The figures of one series."""
    return {
        "count": series.n, "4xx": series.client_errors, "5xx": series.server_errors,
        "error rate": round(error_rate(series), 4), "avg ms": average(series),
        "p50 ms": milliseconds(series, 0.5), "p95 ms": milliseconds(series, 0.95),
        "p99 ms": milliseconds(series, 0.99), "max ms": round(series.longest / 1000, 2),
        "RCU": series.read_units / 100, "WCU": series.write_units / 100,
        "retries": series.retries, "throttles": series.throttles,
    }  # fmt: skip


def group_rows(figures: Figures, kind: str) -> list[Row]:
    """A row for each group of a kind, the busiest first."""
    rows = [
        {"group": group, **summary(series)}
        for group, series in figures.groups.items()
        if group.startswith(f"{kind} ")
    ]
    return sorted(rows, key=lambda row: (-row["count"], row["group"]))


def timeline_rows(timeline: Timeline, select: str) -> list[Row]:
    """A row for each point: of one group, or of all groups of a kind."""
    rows = []
    for at in sorted(timeline.points):
        figures = timeline.points[at]
        series = figures.groups.get(select) if " " in select else merged(figures, select)
        rows.append({"time": at, **summary(series or Series())})
    return rows


def distribution_rows(series: Series) -> list[Row]:
    """The latency distribution: samples by the middle of their bucket, in milliseconds."""
    return [
        {"ms": round(1.1 ** (bucket + 0.5) / 1000, 4), "count": series.histogram[bucket]}
        for bucket in sorted(series.histogram)
    ]


def dollars_of(series: Series, prices: Prices) -> float:
    """What the consumed units cost on demand."""
    read, written = series.read_units / 100, series.write_units / 100
    return (read * prices.per_million_rru + written * prices.per_million_wru) / 1e6


def cost_rows(timeline: Timeline, prices: Prices) -> list[Row]:
    """Units and dollars by point, and the dollars so far."""
    rows, total = [], 0.0
    for at in sorted(timeline.points):
        series = merged(timeline.points[at], CALL)
        cost = dollars_of(series, prices)
        total += cost
        rows.append(
            {
                "time": at, "RCU": series.read_units / 100, "WCU": series.write_units / 100, "dollars": cost,
                "dollars so far": total,
            }
        )  # fmt: skip
    return rows


def cost_by_day(rows: Iterable[Row]) -> list[Row]:
    """`cost_rows` added up by UTC day."""
    days: dict[str, Row] = {}
    for row in rows:
        moment: datetime = row["time"]
        day = days.setdefault(f"{moment:%Y-%m-%d}", {"RCU": 0.0, "WCU": 0.0, "dollars": 0.0})
        for name in day:
            day[name] += row[name]
    return [{"day": day, **values} for day, values in days.items()]


def limit_rows(figures: Figures) -> list[Row]:
    """Decisions of the limiter by action, plan and outcome."""
    rows = []
    for group, series in figures.groups.items():
        if group.startswith(f"{LIMIT} "):
            action, plan, outcome = parts_of_limit(group)
            plan_name = "without a plan" if plan == "0" else f"plan {plan}"
            rows.append(
                {
                    "action": action, "plan": plan_name, "outcome": outcome, "decisions": series.n,
                    "WCU": series.write_units / 100,
                }
            )  # fmt: skip
    return sorted(rows, key=lambda row: (row["action"], row["plan"], row["outcome"]))


def route_events(group: str, decisions: Iterable[Row], errors: Iterable[Row]) -> list[Row]:
    """What happened on the way of a route group's requests, newest first: the limiter's decisions, and errors."""
    rows = [
        {
            "at": each["at"], "event": "limiter", "action": each.get("action"), "outcome": each.get("outcome"),
            "limit": each.get("limit"), "count": each.get("count"), "reason": each.get("reason"),
        }
        for each in decisions
        if each.get("route") == group
    ] + [
        {"at": each["at"], "event": "error", "action": None, "outcome": each.get("error")}
        for each in errors
        if route_group(each.get("route"), each.get("method")) == group
    ]  # fmt: skip
    return sorted(rows, key=lambda row: str(row["at"]), reverse=True)


def shadow_rows(figures: Figures) -> list[Row]:
    """Shadow reads by path and strategies: how many were equal, different, failed or skipped."""
    counts: dict[tuple[str, str, str], dict[str, int]] = {}
    for group, series in figures.groups.items():
        if group.startswith(f"{SHADOW} "):
            *names, outcome = parts_of_shadow(group)
            outcomes = counts.setdefault((names[0], names[1], names[2]), dict.fromkeys(SHADOW_OUTCOMES, 0))
            outcomes[outcome] = outcomes.get(outcome, 0) + series.n
    rows = []
    for (path, used, against), outcomes in sorted(counts.items()):
        compared = outcomes["equal"] + outcomes["different"]
        share = round(outcomes["different"] / compared, 6) if compared else 0.0
        rows.append(
            {"path": path, "used": used, "compared with": against, **outcomes, "share different": share}
        )
    return rows


def shadow_points(timeline: Timeline, path: str) -> list[Row]:
    """Shadow reads of a path by point and outcome."""
    points = []
    for at in sorted(timeline.points):
        of_path = [row for row in shadow_rows(timeline.points[at]) if row["path"] == path]
        points.append({"time": at, **{name: sum(row[name] for row in of_path) for name in SHADOW_OUTCOMES}})
    return points


def problem_rows(total: Figures, compared: Figures, before: Figures) -> list[Row]:
    """Problems by runs: runs, solved, failed, failure rate, and the change of `compared` against `before`."""
    rows = []
    for problem, (runs, solved, failed) in total.problems.items():
        now = compared.problems.get(problem, [0, 0, 0])
        earlier = before.problems.get(problem, [0, 0, 0])
        rows.append(
            {
                "problem": problem, "runs": runs, "solved": solved, "failed": failed,
                "failure rate": _failure_rate([runs, solved, failed]),
                "runs, change": now[0] - earlier[0], "solved, change": now[1] - earlier[1],
                "failed, change": now[2] - earlier[2],
                "failure rate, change": round(_failure_rate(now) - _failure_rate(earlier), 4),
            }
        )  # fmt: skip
    return sorted(rows, key=lambda row: (-row["runs"], row["problem"]))


def _failure_rate(counts: list[int]) -> float:
    judged = counts[1] + counts[2]
    return round(counts[2] / judged, 4) if judged else 0.0


def relative_change(now: float, before: float) -> float | None:
    """How much more it is than before, as a share; None without anything before."""
    return (now - before) / before if before else None


def percent(share: float | None) -> str | None:
    """A change for people: `+12.5 %`."""
    return None if share is None else f"{share * 100:+.1f} %"


def compact(amount: float) -> str:
    """A number for a narrow place: `128k`."""
    for limit, unit in ((1e9, "G"), (1e6, "M"), (1e4, "k")):
        if amount >= limit:
            return f"{amount / (1e3 if unit == 'k' else limit):,.0f}{unit}"
    return f"{amount:,.0f}"


def money(amount: float) -> str:
    """Dollars for people: `-$2.62`, with more digits below a cent."""
    digits = 2 if abs(amount) >= 0.01 or not amount else 4 if abs(amount) >= 0.0001 else 6
    return f"{'-' if amount < 0 else ''}${abs(amount):,.{digits}f}"


def recording_cost(timeline: Timeline, prices: Prices) -> tuple[float, float]:
    """What recording costs with so many processes and items below 1 KB: WCU a day, and dollars a month.

    Each writes its minute's item once, and its hour's and the state of the table every ten minutes.
    """
    units = len(timeline.processes) * (24 * 60 + 2 * 24 * 6)
    return units, units * _DAYS_OF_MONTH * prices.per_million_wru / 1e6
