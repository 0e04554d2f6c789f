"""The recorder: groups of requests, calls and decisions, sampled events, and bounds."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from api.dynamodb.metering.meter import Call
from api.dynamodb.usage_limits.decisions import Decision, Source
from metrics import recorder as module
from metrics.groups import parts_of_limit, route_group
from metrics.recorder import ADMITTED_A_MINUTE, EVENTS_A_MINUTE, Recorder

NOW = datetime(2026, 11, 30, 9, 5, tzinfo=UTC)


def decision(allowed: bool, source: Source = "table") -> Decision:
    return Decision(allowed, 5, 5, 0, NOW, 0 if allowed else 60, (), None, source)


@pytest.fixture
def recorder() -> Recorder:
    made = Recorder(lambda: NOW)
    made.enabled = True
    return made


@pytest.mark.parametrize(
    ("route", "method", "group"),
    [
        ("api/problems/<int:problem_id>/", "GET", "route api problems"),
        ("api/history/", "POST", "route api history, write"),
        ("", "GET", "route page problems"),
        ("runs/<int:run_id>/", "HEAD", "route page runs"),
        (None, "GET", "route unknown address"),
    ],
)
def test_a_request_belongs_to_the_area_of_its_route(route: str | None, method: str, group: str) -> None:
    assert route_group(route, method) == group


def test_a_request_is_counted_with_its_calls_and_their_units(recorder: Recorder) -> None:
    calls = [
        Call("GetItem", "user", None, 0.5, 0, 0.002),
        Call("Query", "run", "GSI1", 2.5, 0, 0.004, retries=1),
        Call("PutItem", "run", None, 0, 6, 0.004, "ConditionalCheckFailedException"),
        Call("PutItem", "run", None, 0, 0, 0.1, "ThrottlingException", 2),
        Call("PutItem", "run", None, 0, 0, 0.1, "Unavailable"),
    ]
    recorder.request("api/history/", "POST", 503, 0.25, calls)
    recorder.request("api/history/", "POST", 429, 0.01, [])
    recorder.collect()
    groups = recorder.take()[0].groups
    route, put = groups["route api history, write"], groups["call PutItem"]
    assert (route.n, route.client_errors, route.server_errors) == (2, 1, 1)
    assert (route.read_units, route.write_units, route.retries) == (300, 600, 3)
    assert groups["call Query GSI1"].n == 1
    assert (put.n, put.client_errors, put.server_errors, put.throttles) == (3, 1, 2, 1)


def test_every_outcome_of_the_limiter_has_its_group_and_its_event(recorder: Recorder) -> None:
    recorder.decision("hint", 2, decision(True), 1)
    recorder.decision("hint", 2, decision(False), 1)
    recorder.decision("hint", None, decision(False, "memory"), 0)
    recorder.decision("execution", 2, decision(True, "local"), 0)
    recorder.decision("hint", 2, None, 0, "Unavailable")
    recorder.collect()
    figures, events = recorder.take()
    assert sorted(map(parts_of_limit, figures.groups)) == [
        ("execution", "2", "allowed locally"),
        ("hint", "0", "denied from memory"),
        ("hint", "2", "allowed"),
        ("hint", "2", "denied"),
        ("hint", "2", "refused"),
    ]
    denied = next(event for event in events["limit"] if event["outcome"] == "denied")
    assert denied == {
        "at": "2026-11-30T09:05:00.000Z", "action": "hint", "plan": 2, "outcome": "denied", "wcu": 1, "limit": 5,
        "count": 5, "reset": "2026-11-30T09:05:00.000Z", "retry_after": 60,
    }  # fmt: skip
    assert events["limit"][-1]["reason"] == "Unavailable"


def test_a_decision_has_the_route_of_its_request_and_none_outside_of_one(recorder: Recorder) -> None:
    recorder.begin("api/history/<int:run_id>/hints/", "POST")
    recorder.decision("hint", 2, decision(True), 1)
    recorder.request("api/history/<int:run_id>/hints/", "POST", 200, 0.01, [])
    recorder.decision("hint", 2, decision(True), 1)
    recorder.collect()
    assert [event.get("route") for event in recorder.take()[1]["limit"]] == ["route api history, write", None]


def test_events_are_bounded_and_admissions_do_not_crowd_out_denials(recorder: Recorder) -> None:
    for _ in range(1_000):
        recorder.decision("hint", 1, decision(True), 1)
        recorder.decision("hint", 1, decision(False), 1)
    recorder.collect()
    outcomes = [event["outcome"] for event in recorder.take()[1]["limit"]]
    assert outcomes.count("allowed") == ADMITTED_A_MINUTE
    assert outcomes.count("denied") == EVENTS_A_MINUTE


def test_a_job_counts_once_it_ended_and_its_steps_are_events(recorder: Recorder) -> None:
    recorder.job("erasure", "started")
    recorder.job("erasure", "finished", 1.5, removed=12)
    recorder.job("erasure", "failed", 0.5, "Throttled")
    recorder.collect()
    figures, events = recorder.take()
    series = figures.groups["job erasure"]
    assert (series.n, series.server_errors) == (2, 1)
    assert [(event["step"], event.get("error")) for event in events["job"]] == [
        ("started", None), ("finished", None), ("failed", "Throttled"),
    ]  # fmt: skip


def test_what_does_not_fit_is_counted_as_dropped(recorder: Recorder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_WAITING", 3)
    for _ in range(5):
        recorder.run("baekjoon 1000", solved=True, failed=False)
    recorder.collect()
    figures = recorder.take()[0]
    assert (figures.dropped, figures.problems) == (2, {"baekjoon 1000": [3, 3, 0]})


def test_it_is_off_until_a_writer_turns_it_on() -> None:
    recorder = Recorder()
    recorder.request("", "GET", 200, 0.1, [])
    recorder.collect()
    nothing: tuple[Any, Any] = recorder.take()
    assert not nothing[0] and nothing[1] == {}
