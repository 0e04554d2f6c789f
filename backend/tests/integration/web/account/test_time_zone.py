"""The user's time zone: a setting of the account, in which pages show days and moments."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.test import Client

from api.composition import repositories
from tests.integration.api.conftest import ALICE
from tests.integration.api.factories import a_problem, a_run
from tests.integration.web.browsers import Visit, followed, text_of

MOMENT = datetime(2026, 10, 30, 20, tzinfo=UTC)


def choose(browser: Client, zone: str) -> str:
    return text_of(followed(browser, browser.post("/account/time-zone/", {"time_zone": zone})))


def test_moments_are_shown_in_it(alice: Client) -> None:
    a_problem(100)
    a_run(created_at=MOMENT)
    assert "2026-10-31 05:00</time>" in text_of(alice.get("/runs/"))
    text = choose(alice, "America/New_York")
    assert "Time zone saved." in text
    assert '<option value="America/New_York" selected>New York</option>' in text
    runs = text_of(alice.get("/runs/"))
    assert "2026-10-30 16:00</time>" in runs
    assert "2026-10-30: 1 run" in runs
    assert "America/New_York" in text_of(alice.get("/home/"))


def test_the_limits_stay_those_of_the_products_days(alice: Client) -> None:
    text = choose(alice, "Asia/Kolkata")
    assert text.count("20:30</time> Asia/Kolkata (limits count days of Asia/Seoul)") == 2
    text = choose(alice, "")
    assert text.count("00:00</time> Asia/Seoul</span>") == 2
    assert "time_zone" not in alice.cookies or not alice.cookies["time_zone"].value


def test_another_device_learns_it_from_home(visit: Visit) -> None:
    a_run(created_at=MOMENT)
    repositories().practice.set_time_zone(ALICE, None)
    here, there = visit(ALICE), visit(ALICE)
    choose(here, "America/New_York")
    assert there.get("/home/").cookies["time_zone"].value == "America/New_York"
    assert "2026-10-30 16:00</time>" in text_of(there.get("/runs/"))


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../../etc/passwd"])
def test_it_is_one_of_those_offered(alice: Client, zone: str) -> None:
    assert alice.post("/account/time-zone/", {"time_zone": zone}).status_code == 422
    alice.cookies["time_zone"] = zone
    assert alice.get("/runs/").status_code == 200
