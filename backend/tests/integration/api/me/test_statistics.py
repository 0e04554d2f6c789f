"""GET /api/me/statistics/: what I have done so far."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from api.dynamodb.clock import utc_now
from api.dynamodb.metering import meter
from api.dynamodb.repositories import progress_repository
from api.dynamodb.usage_limits.windows import local_day
from tests.integration.api.conftest import ALICE, BOB, CHARLIE
from tests.integration.api.factories import a_run, fault_of, get

STATISTICS = "/api/me/statistics/"
PASSED = {"passed_count": 2, "failed_count": 0, "total_count": 2}


def test_it_adds_up_my_runs(site: Client) -> None:
    now = utc_now()
    for days, fields in (
        (0, PASSED),
        (0, {"problem_id": 7, **PASSED}),
        (400, {"problem_id": 8, **PASSED}),
        (30, {}),
    ):
        a_run(created_at=now - timedelta(days), **fields)
    a_run(language="go", platform="leetcode", problem_id=None)
    a_run(BOB, language="rust", is_code_public=True)
    found = get(site, STATISTICS).json()
    activity = found.pop("activity")
    assert found == {
        "runs": 5, "passed_runs": 3, "solved": 3, "complete": True, "time_zone": "Asia/Seoul",
        "by_platform": [
            {"platform": "baekjoon", "runs": 4, "solved": 3}, {"platform": "leetcode", "runs": 1, "solved": 0},
        ],
        "by_language": [{"language": "python", "runs": 4}, {"language": "go", "runs": 1}],
    }  # fmt: skip
    today = local_day(now)
    assert len(activity) == 365
    assert activity[-1] == {"date": today.isoformat(), "runs": 3}
    assert activity[0] == {"date": (today - timedelta(364)).isoformat(), "runs": 0}
    assert [day["runs"] for day in activity if day["runs"]] == [1, 3]


def test_who_did_nothing_has_a_year_of_nothing(site: Client) -> None:
    a_run()
    found = get(site, STATISTICS, by=CHARLIE).json()
    assert (found["runs"], found["solved"], found["by_platform"], found["by_language"]) == (0, 0, [], [])
    assert {day["runs"] for day in found["activity"]} == {0}


def test_long_lists_are_added_up_by_asking_again(site: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress_repository, "PAGE_RUNS", 2)
    monkeypatch.setattr(progress_repository, "PAGES", 1)
    for number in range(5):
        a_run(created_at=utc_now() - timedelta(hours=5 - number))
    answers = [get(site, STATISTICS).json() for _ in range(3)]
    assert [(one["runs"], one["complete"]) for one in answers] == [(2, False), (4, False), (5, True)]


def test_it_is_for_who_is_signed_in(site: Client) -> None:
    assert fault_of(get(site, STATISTICS, by=None)) == (401, "unauthenticated")


def test_it_costs_three_calls(site: Client) -> None:
    a_run(ALICE)
    with meter.recording() as calls:
        get(site, STATISTICS)
    assert calls.operations == ["GetItem", "GetItem", "Query"]
