"""Decisions as the headers of the IETF's draft."""

from __future__ import annotations

from datetime import timedelta

from api.dynamodb.usage_limits.decisions import decide
from api.dynamodb.usage_limits.windows import Limit, windows_of
from api.limits.headers import headers
from tests.unit.limits.helpers import NOON, receipt

DAY = windows_of((Limit(50),), NOON)
BOTH = windows_of((Limit(50), Limit(5, 60)), NOON)


def test_an_admitted_use_tells_what_remains() -> None:
    assert headers("hint", decide(DAY, [38], NOON, receipt=receipt()), NOON) == {
        "RateLimit-Policy": '"hint";q=50;w=86400',
        "RateLimit": '"hint";r=12;t=43200',
    }


def test_each_window_is_a_policy() -> None:
    now = NOON + timedelta(seconds=20)
    assert headers("hint", decide(BOTH, [38, 2], now, receipt=receipt()), now) == {
        "RateLimit-Policy": '"hint";q=50;w=86400, "hint-60";q=5;w=60',
        "RateLimit": '"hint";r=12;t=43180, "hint-60";r=3;t=40',
    }


def test_a_denial_says_when_to_come_again() -> None:
    now = NOON + timedelta(seconds=20)
    assert headers("hint", decide(BOTH, [38, 5], now), now) == {
        "RateLimit-Policy": '"hint";q=50;w=86400, "hint-60";q=5;w=60',
        "RateLimit": '"hint";r=12;t=43180, "hint-60";r=0;t=40',
        "Retry-After": "40",
    }


def test_times_are_rounded_up_to_whole_seconds_and_never_negative() -> None:
    decision = decide(DAY, [1], NOON, receipt=receipt())
    end = decision.reset_time
    for now, left in ((end - timedelta(microseconds=1), 1), (end, 0), (end + timedelta(seconds=5), 0)):
        assert headers("hint", decision, now)["RateLimit"] == f'"hint";r=49;t={left}'


def test_a_plan_without_the_action_has_a_quota_of_nothing() -> None:
    none = windows_of((Limit(0),), NOON)
    assert headers("hint", decide(none, [0], NOON, source="memory"), NOON) == {
        "RateLimit-Policy": '"hint";q=0;w=86400',
        "RateLimit": '"hint";r=0;t=43200',
        "Retry-After": "43200",
    }
