"""GET /api/me/usage/: what I may still do today."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from django.test import Client

from api.dynamodb.errors import Unavailable
from api.dynamodb.metering import meter
from api.dynamodb.repositories import UsageLogRepository
from api.limits import limiter
from tests.integration.api.conftest import ALICE, BOB, CHARLIE
from tests.integration.api.factories import fault_of, get

USAGE = "/api/me/usage/"


def numbers(response: Any) -> dict[str, tuple[int | None, int | None, int | None]]:
    return {one["action"]: (one["limit"], one["used"], one["remaining"]) for one in response.json()["items"]}


def test_it_tells_limits_uses_and_what_is_left(site: Client) -> None:
    for _ in range(2):
        assert limiter().admit(ALICE, None, "hint").allowed
    response = get(site, USAGE)
    assert numbers(response) == {"hint": (5, 2, 3), "execution": (50, 0, 50)}
    assert response.json()["note"] is None
    assert numbers(get(site, USAGE, by=CHARLIE)) == {"hint": (5, 0, 5), "execution": (50, 0, 50)}
    assert numbers(get(site, USAGE, by=BOB))["execution"] == (1000, 0, 1000)


def test_it_tells_when_the_count_starts_anew(site: Client) -> None:
    (hint, _) = get(site, USAGE).json()["items"]
    reset = datetime.fromisoformat(hint["resets_at"])
    assert (reset.hour, reset.minute, reset.utcoffset()) == (0, 0, reset.utcoffset())
    assert str(reset.utcoffset()) == "9:00:00"
    assert 0 < hint["resets_in"] <= 86_400


def test_a_day_that_is_used_up_has_nothing_left_and_never_less(site: Client) -> None:
    for _ in range(7):
        UsageLogRepository().log_usage(ALICE, "hint")
    assert numbers(get(site, USAGE))["hint"] == (5, 5, 0)


def test_asking_costs_no_use(site: Client) -> None:
    for _ in range(3):
        assert numbers(get(site, USAGE))["hint"] == (5, 0, 5)


def test_numbers_that_cannot_be_read_are_null_with_a_note(
    site: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise Unavailable("no answer")

    monkeypatch.setattr(UsageLogRepository, "check_rate_limit", fail)
    response = get(site, USAGE)
    assert response.status_code == 200
    assert set(numbers(response).values()) == {(None, None, None)}
    assert "cannot be read" in response.json()["note"]
    assert all(one["resets_in"] > 0 for one in response.json()["items"])


def test_it_is_for_who_is_signed_in(site: Client) -> None:
    assert fault_of(get(site, USAGE, by=None)) == (401, "unauthenticated")


def test_it_costs_one_read_for_each_action(site: Client) -> None:
    get(site, USAGE, by=BOB)  # the plan's limits are known from here on
    with meter.recording() as calls:
        get(site, USAGE, by=BOB)
    assert calls.operations == ["GetItem", "GetItem"]
