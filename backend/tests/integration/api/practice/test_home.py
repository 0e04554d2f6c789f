"""GET /api/me/home/: what to do today, and how far I am."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client

from api.composition import repositories
from api.dynamodb.clock import utc_now
from api.dynamodb.metering import meter
from api.practice.home import streak
from tests.integration.api.conftest import ALICE, BOB
from tests.integration.api.factories import a_problem, a_run, fault_of, get

HOME = "/api/me/home/"
PASSED = {"passed_count": 2, "failed_count": 0, "total_count": 2}
SEOUL = ZoneInfo("Asia/Seoul")


@pytest.fixture(autouse=True)
def _list_in_memory(site: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """The list of problems is loaded at once, not in the background."""
    monkeypatch.setattr(repositories().problems._catalogue._loading, "start_thread", lambda load: load())
    monkeypatch.setattr(repositories().problems._catalogue, "_most", 1_000)


def noon(days_ago: int) -> datetime:
    """A moment on a day in Seoul, on which no clock is near midnight; today's is not in the future."""
    now = utc_now()
    return min(now, (now.astimezone(SEOUL) - timedelta(days_ago)).replace(hour=12))


def some_problems() -> None:
    for number, difficulty in (
        (100, "Bronze V"),
        (101, "Gold V"),
        (102, "Gold V"),
        (103, "Gold IV"),
        (104, "Ruby I"),
    ):
        a_problem(number, difficulty=difficulty, tags=["dp", "math"] if number == 101 else ["math"])


def ids(problems: list[dict[str, Any]]) -> list[int]:
    return [problem["problem_id"] for problem in problems]


def test_it_has_what_i_tried_what_is_due_and_how_far_i_am(site: Client) -> None:
    some_problems()
    a_run(problem_id=101, created_at=noon(3), **PASSED)
    a_run(problem_id=102, created_at=noon(2))
    a_run(problem_id=100, created_at=noon(1))
    a_run(BOB, problem_id=104)
    repositories().practice.add_bookmark(ALICE, 104)
    repositories().practice.add_bookmark(ALICE, 999)  # it was retired
    home = get(site, HOME).json()
    today = utc_now().astimezone(SEOUL).date()
    assert (home["today"], home["time_zone"], home["complete"]) == (today.isoformat(), "Asia/Seoul", True)
    assert (home["streak"], ids(home["to_continue"])) == (3, [100, 102])
    assert [(r["problem"]["problem_id"], r["number"], r["due"]) for r in home["reviews"]] == [
        (101, 1, (today - timedelta(2)).isoformat())
    ]
    assert (home["reviews_due"], home["next_review"]) == (1, None)
    assert (ids(home["bookmarks"]), home["bookmark_count"]) == ([104], 2)
    assert home["by_tag"] == [
        {"tag": "math", "solved": 1, "attempted": 2, "total": 5},
        {"tag": "dp", "solved": 1, "attempted": 0, "total": 1},
    ]
    assert home["by_difficulty"] == [
        {"platform": "baekjoon", "difficulty": "Bronze V", "solved": 0, "attempted": 1, "total": 1},
        {"platform": "baekjoon", "difficulty": "Gold V", "solved": 1, "attempted": 1, "total": 2},
    ]


def test_the_problem_of_the_day_is_at_my_level_and_stays_when_it_is_solved(site: Client) -> None:
    some_problems()
    first = get(site, HOME).json()["daily_problem"]
    assert first["problem"]["problem_id"] in (100, 101, 102, 103, 104)
    a_run(problem_id=101, created_at=noon(1), **PASSED)
    daily = get(site, HOME).json()["daily_problem"]
    assert daily["problem"]["problem_id"] in (102, 103)
    assert not daily["is_solved"]
    a_run(problem_id=daily["problem"]["problem_id"], **PASSED)
    assert get(site, HOME).json()["daily_problem"] == {**daily, "is_solved": True}


def test_days_are_of_my_time_zone(site: Client) -> None:
    # Where it is another day than in Seoul, whenever this runs.
    now = utc_now()
    zones = (ZoneInfo("Pacific/Kiritimati"), ZoneInfo("Pacific/Pago_Pago"))
    zone = next(zone for zone in zones if now.astimezone(zone).date() != now.astimezone(SEOUL).date())
    repositories().practice.set_time_zone(ALICE, zone)
    home = get(site, HOME).json()
    assert (home["today"], home["time_zone"]) == (now.astimezone(zone).date().isoformat(), zone.key)


@pytest.mark.parametrize(
    ("days", "length"), [([], 0), ([0], 1), ([1], 1), ([2], 0), ([0, 1, 2, 4], 3), ([1, 2], 2)]
)
def test_a_streak_lasts_until_a_day_without_a_run_is_over(days: list[int], length: int) -> None:
    today = utc_now().date()
    assert streak({today - timedelta(day) for day in days}, today) == length


def test_it_costs_at_most_six_calls_and_six_units(site: Client) -> None:
    some_problems()
    for number in range(49):
        a_run(problem_id=101 + number % 3, created_at=utc_now() - timedelta(hours=number + 1))
    for number in range(200):
        repositories().practice.add_bookmark(ALICE, 883_476_514_218_230 + number * 7919)
    get(site, HOME)
    with meter.recording() as calls:
        assert get(site, HOME).status_code == 200
    assert calls.operations == ["GetItem", "GetItem", "GetItem", "Query"]
    assert calls.read_units <= 6


def test_without_the_list_in_memory_it_shows_what_it_can_read(
    site: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repositories().problems._catalogue, "_most", 0)
    some_problems()
    for number in (100, 101, 102):
        a_run(problem_id=number, created_at=noon(0) - timedelta(minutes=number))
    with meter.recording() as calls:
        home = get(site, HOME).json()
    assert (ids(home["to_continue"]), home["daily_problem"], home["by_tag"]) == ([100, 101], None, [])
    assert len(calls.operations) <= 6


def test_it_is_for_who_is_signed_in(site: Client) -> None:
    assert fault_of(get(site, HOME, by=None)) == (401, "unauthenticated")
