"""GET /api/staff/users/{id}/usage/: uses of limited actions by day."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from api.composition import repositories
from api.dynamodb.clock import frozen, utc_now
from api.dynamodb.usage_limits.windows import local_day
from tests.integration.api.conftest import BOB, CHARLIE
from tests.integration.api.factories import fault_of
from tests.integration.api.staff_requests import ask


def test_it_counts_each_action_on_each_day_today_first(site: Client) -> None:
    now = utc_now()
    usage = repositories().usage
    for days_ago, action, count in ((0, "hint", 2), (0, "execution", 1), (3, "execution", 4), (8, "hint", 1)):
        with frozen(now - timedelta(days=days_ago)):
            for _ in range(count):
                assert usage.admit(BOB, action, 50).allowed
    usage.admit(CHARLIE, "hint", 5)
    with frozen(now):
        answer = ask(site, "GET", f"/users/{BOB}/usage/?days=8").json()
    today = local_day(now)
    assert answer["user_id"] == BOB
    assert [item["day"] for item in answer["items"]] == [str(today - timedelta(days=n)) for n in range(8)]
    assert answer["items"][0]["uses"] == {"hint": 2, "execution": 1}
    assert answer["items"][3]["uses"] == {"hint": 0, "execution": 4}
    assert sum(sum(item["uses"].values()) for item in answer["items"]) == 7


def test_a_month_is_shown_unless_asked_otherwise(site: Client) -> None:
    assert len(ask(site, "GET", f"/users/{BOB}/usage/").json()["items"]) == 30


@pytest.mark.parametrize("days", ["0", "91", "x"])
def test_more_days_than_are_kept_are_refused(site: Client, days: str) -> None:
    assert fault_of(ask(site, "GET", f"/users/{BOB}/usage/?days={days}")) == (422, "invalid")


def test_there_is_no_other(site: Client) -> None:
    assert fault_of(ask(site, "GET", "/users/77/usage/")) == (404, "not-found")


def test_charlie_and_nobody_are_refused_their_own_uses_here(site: Client) -> None:
    assert fault_of(ask(site, "GET", f"/users/{CHARLIE}/usage/", by=CHARLIE)) == (403, "forbidden")
    assert fault_of(ask(site, "GET", f"/users/{BOB}/usage/", by=None)) == (401, "unauthenticated")
