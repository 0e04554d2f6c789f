"""The gates of a rollout: what has to hold before a flag leaves its default. Nothing here makes a call."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from rollout.flags import Flag, State

PHASE_TIME = timedelta(hours=24)
VALIDATION_TIME = timedelta(days=7)
VALIDATED_IN = ("dev", "staging")


def index_refusal(flag: Flag, value: str, states: Mapping[str, str]) -> str | None:
    """Why the value's index cannot be read, None if it can. This gate has no override: reads would fail.

    states: DynamoDB's status of each index by name.
    """
    index = None if value == flag.default else flag.indexes.get(value)
    if index is None or states.get(index) == "ACTIVE":
        return None
    if index not in states:
        return f"{flag.name}={value} needs the index {index}, which the table does not have: add it with add_gsi.py"
    return f"{flag.name}={value} needs the index {index}, which is {states[index]}: wait with gsi_status.py --wait"


def time_refusals(
    flags: Iterable[Flag],
    flag: Flag,
    value: str,
    env: str,
    state: State,
    records: Mapping[str, State],
    now: datetime,
) -> list[str]:
    """Why it is too early for a value; empty if it is not.

    state: of this environment. records: the states of the environments in which a value has to prove itself.

    Going back to the default is never too early. Phase 3 and later ask for 24 hours in the phase before, and prod for
    a week of the same value in dev and in staging, each for all units.
    """
    if value == flag.default or not flag.phase or flag.reserved:
        return []
    refusals = []
    previous = [each for each in flags if each.phase == flag.phase - 1 and not each.reserved]
    for earlier in previous if flag.phase > 2 else ():
        duration = state.on_for(earlier, now)
        if duration < PHASE_TIME:
            refusals.append(
                f"{flag.name}={value} is of phase {flag.phase}, which follows 24 hours of phase {flag.phase - 1}: "
                f"{earlier.name} has been on for {_hours(duration)} in {env}"
            )
    for name in VALIDATED_IN if env == "prod" else ():
        record = records.get(name)
        duration = timedelta() if record is None else record.on_for(flag, now, value)
        if duration < VALIDATION_TIME:
            status = (
                "its record is not known"
                if record is None
                else f"it has been on for {_hours(duration)} there"
            )
            refusals.append(f"{flag.name}={value} in prod follows a week of it in {name}: {status}")
    return refusals


def _hours(span: timedelta) -> str:
    hours = span.total_seconds() / 3600
    return f"{hours / 24:.1f} days" if hours >= 48 else f"{hours:.1f} hours"
