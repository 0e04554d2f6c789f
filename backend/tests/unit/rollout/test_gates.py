"""The gates: indexes, a day in the phase before, a week in dev and in staging."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from rollout.flags import Flag, Setting, State
from rollout.gates import index_refusal, time_refusals

NOW = datetime(2026, 11, 30, 9, tzinfo=UTC)
BY_INDEX = Flag("use_metadata_gsi", "", ("false", "true"), phase=2, indexes={"true": "byUser"})
CONSISTENT = Flag("read_consistent", "", ("true", "false"), phase=3)
FLAGS = (BY_INDEX, CONSISTENT, Flag("reserved", "", ("false", "true"), phase=2, reserved=True))


def on_since(span: timedelta, *flags: Flag, percent: int = 100) -> State:
    return State(1, "5a17", {f.name: Setting(f.values[1], percent, NOW - span) for f in flags})


@pytest.mark.parametrize(
    ("states", "refusal"),
    [
        ({"byUser": "ACTIVE"}, None),
        ({"byUser": "CREATING, backfilling"}, "gsi_status.py --wait"),
        ({}, "add_gsi.py"),
    ],
)
def test_a_value_needs_its_index_active(states: dict[str, str], refusal: str | None) -> None:
    said = index_refusal(BY_INDEX, "true", states)
    assert said is None if refusal is None else refusal in str(said)
    assert index_refusal(BY_INDEX, "false", states) is None


@pytest.mark.parametrize(
    ("state", "is_open"),
    [
        (on_since(timedelta(hours=24), BY_INDEX), True),
        (on_since(timedelta(hours=23, minutes=59), BY_INDEX), False),
        (on_since(timedelta(days=3), BY_INDEX, percent=50), False),
        (State(), False),
    ],
)
def test_phase_3_follows_24_hours_of_phase_2_for_all(state: State, is_open: bool) -> None:
    assert (time_refusals(FLAGS, CONSISTENT, "false", "dev", state, {}, NOW) == []) is is_open
    assert time_refusals(FLAGS, CONSISTENT, "true", "dev", State(), {}, NOW) == []


def test_prod_follows_a_week_in_dev_and_a_week_in_staging() -> None:
    week, less = on_since(timedelta(days=7), BY_INDEX), on_since(timedelta(days=6, hours=23), BY_INDEX)

    def refusals(**records: State) -> list[str]:
        return time_refusals(FLAGS, BY_INDEX, "true", "prod", State(), records, NOW)

    assert refusals(dev=week, staging=week) == []
    assert len(refusals(dev=week, staging=less)) == 1 and "staging" in refusals(dev=week, staging=less)[0]
    assert len(refusals()) == 2 and "not known" in refusals()[0]
    assert time_refusals(FLAGS, BY_INDEX, "true", "staging", State(), {}, NOW) == []
