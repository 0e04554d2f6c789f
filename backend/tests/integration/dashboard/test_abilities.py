"""The abilities of `dashboard-abilities.md`, each named by its number, on the pages of the generated week.

Not here: 18 and 23 to 25 are in `test_targets.py`, 8, 19 and 27 in the browser's `tests/e2e/test_dashboard.py`, 28 in
`tests/unit/dashboard/test_command.py`.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.integration.dashboard.conftest import Page, Show

LONG_AGO = (datetime.now(UTC) - timedelta(days=60)).date().isoformat()  # kept so long, and not generated
DEMO = {"arguments": ["--demo"]}
SCENARIOS: dict[str, dict[str, Any]] = {
    "home": {},
    "week": {"query": {"range": "7 days"}},
    "minutes": {"query": {"range": "6 hours"}},
    "route": {"page": "group", "query": {"kind": "Route groups", "group": "route api history, write"}},
    "group": {"page": "group", "query": {"kind": "Data calls", "group": "call Query GSI1"}},
    "problem": {"page": "problem", "query": {"problem": "baekjoon 1003"}},
    "limiter": {"page": "limiter", "query": {"action": "hint", "outcome": "denied"}},
    "job": {"page": "job"},
    "decisions": {"page": "logs"},
    "executions": {"page": "logs", "query": {"tab": "Executions"}},
    "analytics": {"page": "logs", "query": {"tab": "Analytics"}},
    "reads": {"page": "reads"},
    "compare": {"page": "compare"},
    "custom": {"query": {"range": "custom range"}},
    "again": {"query": {"range": "custom range"}, "keeps_cache": True},
    "empty": {"query": {"range": "custom range", "from": LONG_AGO, "to": LONG_AGO}},
    "refreshed": {"clicks": ["Refresh"]},
}


@pytest.fixture(scope="module")
def pages(show: Show) -> dict[str, Page]:
    """What every page shows of the generated week."""
    shown = show(*({**DEMO, **scenario} for scenario in SCENARIOS.values()))
    return dict(zip(SCENARIOS, shown, strict=True))


def columns(page: Page, *names: str) -> list[dict[str, Any]]:
    """The rows of the first table that has these columns."""
    for rows in page["tables"]:
        if rows and set(names) <= set(rows[0]):
            return list(rows)
    raise AssertionError(f"no table has {names}")


def test_1_usage_is_shown_cumulative_and_by_day(pages: dict[str, Page]) -> None:
    charts = pages["week"]["charts"]
    assert "Capacity cost, by point and cumulative" in charts and "Capacity cost by day" in charts


def test_2_use_by_action_and_plan(pages: dict[str, Page]) -> None:
    assert "Use by action and plan, and what the limiter decided" in pages["home"]["charts"]
    plans = {(row["action"], row["plan"]) for row in columns(pages["limiter"], "action", "plan", "decisions")}
    assert plans == {("hint", "plan 1"), ("hint", "plan 2")}


def test_3_recent_activity(pages: dict[str, Page]) -> None:
    rows = columns(pages["home"], "at", "what", "of", "result")
    assert {row["what"] for row in rows} >= {"decision", "job"}
    assert [row["at"] for row in rows] == sorted((row["at"] for row in rows), reverse=True)


def test_4_5_6_problems_by_runs_with_rates_and_their_change(pages: dict[str, Page]) -> None:
    rows = columns(pages["home"], "problem", "runs", "solved", "failed", "failure rate", "runs, change")
    assert [row["runs"] for row in rows] == sorted((row["runs"] for row in rows), reverse=True)
    for row in rows:
        assert row["failure rate"] == pytest.approx(row["failed"] / (row["solved"] + row["failed"]), abs=1e-4)


def test_7_capacity_cost_and_its_change_over_24_hours(pages: dict[str, Page]) -> None:
    value, change = pages["home"]["metrics"]["Capacity cost"]
    assert value.startswith("$") and change.endswith(" %")
    assert "Changes are against the 24 hours before, of complete hours." in pages["home"]["texts"]


def test_9_each_detail_has_a_picker(pages: dict[str, Page]) -> None:
    assert pages["group"]["chosen"]["Group"] == "call Query GSI1"
    assert pages["problem"]["chosen"]["Problem"] == "baekjoon 1003"
    assert pages["limiter"]["chosen"] | {"Action": "hint", "Outcome": "denied"} == pages["limiter"]["chosen"]
    assert pages["job"]["chosen"]["Job"] == "erasure"


def test_10_11_decisions_with_limit_count_reset(pages: dict[str, Page]) -> None:
    rows = columns(pages["limiter"], "at", "outcome", "limit", "count", "reset", "retry_after", "wcu")
    assert {row["outcome"] for row in rows} == {"denied"}
    assert all(row["count"] == row["limit"] for row in rows)


def test_10_11_a_route_s_events_have_the_limiter_s_action(pages: dict[str, Page]) -> None:
    rows = columns(pages["route"], "at", "event", "action", "outcome", "limit", "count")
    assert {row["action"] for row in rows if row["event"] == "limiter"} == {"execution"}
    assert {row["event"] for row in rows} <= {"limiter", "error"}


def test_12_one_decision_is_drilled_into_by_its_address(pages: dict[str, Page], show: Show) -> None:
    decision = columns(pages["limiter"], "at", "outcome")[0]
    query = {"action": "hint", "decision": decision["at"]}
    (page,) = show({**DEMO, "page": "limiter", "query": query})
    assert f"The decision of {decision['at']}" in page["titles"]
    assert page["metrics"]["Count of limit"][0] == f"{decision['count']} of {decision['limit']}"
    assert page["json"][0]["outcome"] == "denied"


def test_13_14_jobs_with_steps_durations_and_errors(pages: dict[str, Page]) -> None:
    rows = columns(pages["job"], "at", "job", "step", "ms", "error")
    assert {row["step"] for row in rows} == {"started", "finished", "failed"}
    assert all(row["ms"] > 0 for row in rows if row["step"] != "started")
    assert all(row["error"] for row in rows if row["step"] == "failed")


def test_15_16_timeline_by_type_and_latency_distribution(pages: dict[str, Page]) -> None:
    assert {"Timeline by type", "Latency distribution"} <= set(pages["group"]["charts"])


def test_17_average_and_percentiles_by_strategy(pages: dict[str, Page]) -> None:
    assert "Latency by strategy" in pages["analytics"]["charts"]
    for row in columns(pages["analytics"], "group", "avg ms", "p50 ms", "p95 ms", "p99 ms"):
        assert 0 < row["p50 ms"] <= row["p95 ms"] <= row["p99 ms"] <= row["max ms"]


def test_20_lookback_from_1_to_30_days(pages: dict[str, Page]) -> None:
    choices = pages["home"]["choices"]["Lookback"]
    assert {"1 hour", "6 hours", "1 day", "30 days", "custom range"} <= set(choices) and len(choices) == 33


def test_21_tabs_and_each_reads_when_it_is_open(pages: dict[str, Page]) -> None:
    assert pages["decisions"]["tabs"] == ["Decisions", "Executions", "Analytics"]
    assert pages["decisions"]["charts"] == ["Decisions over time"]
    assert "Latency by strategy" not in pages["executions"]["charts"]
    columns(pages["executions"], "job", "step")


def test_22_29_refresh_button_and_refresh_by_itself(pages: dict[str, Page]) -> None:
    assert pages["refreshed"]["buttons"] == ["Refresh"] and pages["refreshed"]["metrics"]
    assert pages["home"]["choices"]["Refresh by itself"] == ["off", "30 s", "1 min", "5 min"]


def test_26_what_a_page_read_stands_at_its_foot(pages: dict[str, Page]) -> None:
    for page in pages.values():
        assert any("this page read" in text and "RCU in" in text for text in page["texts"])


def test_26_what_was_read_is_kept_for_half_a_minute(pages: dict[str, Page]) -> None:
    assert any("this page read 0.0 RCU in 0 requests" in text for text in pages["again"]["texts"])
    assert pages["again"]["metrics"] == pages["custom"]["metrics"]


def test_30_every_table_as_csv_and_excel(pages: dict[str, Page]) -> None:
    for page in pages.values():
        assert page["downloads"] == ["CSV", "Excel"] * len(page["tables"])


def test_31_a_custom_range(pages: dict[str, Page]) -> None:
    assert pages["custom"]["dates"] == ["From (UTC)", "To (UTC), included"]
    assert pages["custom"]["metrics"]["Requests"][0] != pages["home"]["metrics"]["Requests"][0]


def test_32_two_ranges_side_by_side(pages: dict[str, Page]) -> None:
    charts = pages["compare"]["charts"]
    assert {"Requests, this range", "Requests, the time before", "Latency, the time before"} <= set(charts)
    columns(pages["compare"], "group", "count", "count, the time before", "count, change")


def test_33_alerts(pages: dict[str, Page]) -> None:
    assert any(message.startswith("**throttles**") for message in pages["minutes"]["messages"])


def test_34_the_move_step_by_step(pages: dict[str, Page]) -> None:
    rows = columns(pages["home"], "step", "state", "rows", "dead letters")
    assert {row["step"]: row["state"] for row in rows}["history"] == "finished"


def test_35_history_of_shadow_reads_and_of_their_windows(pages: dict[str, Page]) -> None:
    page = pages["reads"]
    assert page["charts"] == ["Shadow reads over time", "Windows over time"]
    (row,) = columns(page, "path", "used", "compared with", "equal", "different", "share different")
    assert row["equal"] + row["different"] == int(page["metrics"]["Compared"][0].replace(",", "")) > 0
    assert row["share different"] == pytest.approx(
        row["different"] / (row["equal"] + row["different"]), abs=1e-6
    )
    windows = columns(page, "at", "event", "strategy", "against", "p95_ms", "reason")
    assert {window["event"] for window in windows} == {"good window", "bad window"}
    assert all(bool(window["reason"]) == (window["event"] == "bad window") for window in windows)


def test_36_state_and_size_of_tables_and_indexes_and_the_changes(pages: dict[str, Page]) -> None:
    rows = columns(pages["home"], "table or index", "status", "items", "MB")
    assert {row["table or index"] for row in rows} >= {"algoitny_main", "algoitny_main / GSI1"}
    assert {row["status"] for row in columns(pages["home"], "change", "status", "steps")} == {"applied"}


def test_a_range_with_nothing_in_it_says_so(pages: dict[str, Page]) -> None:
    assert any("No figures in this range" in message for message in pages["empty"]["messages"])
    columns(pages["empty"], "table or index", "status")  # the rest of the page stays
