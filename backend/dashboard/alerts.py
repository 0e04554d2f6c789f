"""What is red: figures of the last hour against thresholds, and the states of tables, changes and jobs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from config.prices import Prices
from dashboard.analysis import dollars_of, error_rate, merged, milliseconds, money
from dashboard.reading import Timeline
from metrics.groups import CALL, JOB, ROUTE

SILENCE = timedelta(minutes=5)


@dataclass(frozen=True)
class Thresholds:
    """From where a figure is red; the section `[thresholds]` of the secrets sets them.

    error_rate: share of requests with 5xx. p95_ms: of all requests. throttles: calls in the range. dollars_a_day: of
    the consumed units, at the rate of the range. denied_share: of the limiter's decisions.
    """

    error_rate: float = 0.01
    p95_ms: float = 500.0
    throttles: float = 10
    dollars_a_day: float = 5.0
    denied_share: float = 0.5


@dataclass(frozen=True)
class Alert:
    """One thing that is red, and where docs/operations.md says what to do."""

    name: str
    text: str


def alerts(timeline: Timeline, now: datetime, thresholds: Thresholds, prices: Prices) -> list[Alert]:
    """The alerts of a range's figures."""
    total, raised = timeline.total, []
    requests, calls, jobs = (merged(total, kind) for kind in (ROUTE, CALL, JOB))

    def check(is_red: bool, name: str, text: str) -> None:
        if is_red:
            raised.append(Alert(name, text))

    rate = error_rate(requests)
    check(rate > thresholds.error_rate, "error rate", f"{rate:.1%} of {requests.n:,} requests were 5xx")
    p95 = milliseconds(requests, 0.95)
    check(
        p95 > thresholds.p95_ms, "p95", f"p95 of requests is {p95:,.0f} ms, above {thresholds.p95_ms:,.0f} ms"
    )
    check(calls.throttles > thresholds.throttles, "throttles", f"{calls.throttles:,} calls were throttled")
    days = max(timeline.range.length / timedelta(days=1), 1 / 24)
    a_day = dollars_of(calls, prices) / days
    check(
        a_day > thresholds.dollars_a_day, "budget",
        f"consumed units cost {money(a_day)} a day, above {money(thresholds.dollars_a_day)}",
    )  # fmt: skip
    denied, decisions = _denied(timeline)
    check(
        decisions >= 20 and denied > thresholds.denied_share * decisions, "denials",
        f"the limiter refused {denied:,} of {decisions:,} uses",
    )  # fmt: skip
    check(jobs.server_errors > 0, "jobs", f"{jobs.server_errors:,} of {jobs.n:,} background jobs failed")
    check(total.dropped > 0, "recording", f"{total.dropped:,} records could not be written and were dropped")
    check(
        timeline.unreadable > 0, "recording", f"{timeline.unreadable:,} figures are of a form not known here"
    )
    newest = timeline.newest
    is_silent = newest is not None and timeline.range.end >= now - SILENCE and now - newest > SILENCE
    check(is_silent, "silence", f"no process has written figures since {newest:%H:%M} UTC" if newest else "")
    return raised


def _denied(timeline: Timeline) -> tuple[int, int]:
    denied = decisions = 0
    for group, series in timeline.total.groups.items():
        if group.startswith("limit "):
            decisions += series.n
            denied += series.n if not group.rpartition("/")[2].startswith("allowed") else 0
    return denied, decisions


def state_alerts(health: Mapping[str, Mapping[str, Any]], changes: list[dict[str, Any]]) -> list[Alert]:
    """The alerts of tables that are not ACTIVE, and of changes that failed or are half-way."""
    raised = []
    for table, state in health.items():
        if "error" in state:
            raised.append(Alert("table", f"the state of {table} could not be read: {state['error']}"))
        elif state.get("status") != "ACTIVE":
            raised.append(Alert("table", f"{table} is {state.get('status')}"))
        for name, index in (state.get("indexes") or {}).items():
            if index.get("status") != "ACTIVE":
                raised.append(Alert("index", f"{name} of {table} is {index.get('status')}"))
    for change in changes:
        if change["status"] not in ("applied", "undone"):
            raised.append(Alert("change of tables", f"{change['change']} is {change['status']}"))
    return raised
