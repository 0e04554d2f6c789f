"""The service's permit to write: who grants it, for how long, and what it costs."""

from __future__ import annotations

from typing import Any

import pytest

from api.dynamodb.errors import Unavailable, WritesPaused
from api.dynamodb.table.write_permit import LAST_PHASE, PERMIT_SECONDS, SERVICE_PHASES, STATE_KEY, WritePermit
from live import state as phases


class Table:
    """Answers with a state item in a phase, with none, or not at all; counts how often it is asked."""

    def __init__(self, phase: str | None) -> None:
        self.phase = phase
        self.reachable = True
        self.asked = 0
        self.now = 100.0
        self.permit = WritePermit(self.send, "t", clock=lambda: self.now)

    def send(self, operation: str, request: dict[str, Any]) -> tuple[Any, int]:
        assert (operation, request["Key"], request["ConsistentRead"]) == ("GetItem", STATE_KEY, True)
        self.asked += 1
        if not self.reachable:
            raise Unavailable("no answer")
        return ({} if self.phase is None else {"Item": {"phase": {"S": self.phase}}}), 0

    def writes(self, seconds: float = 0.0, entity: str = "user") -> bool:
        """Whether a write is let through some seconds later."""
        self.now += seconds
        try:
            self.permit.check(entity)
        except WritesPaused:
            return False
        return True


def test_the_phases_and_the_key_are_those_of_the_live_move() -> None:
    assert {phase for phase, writer in phases.WRITERS.items() if writer == phases.SERVICE} == SERVICE_PHASES
    assert STATE_KEY == phases.STATE_KEY


@pytest.mark.parametrize("phase", [None, *phases.FOLLOWING])
def test_the_service_writes_in_its_own_phases_and_without_a_move(phase: str | None) -> None:
    assert Table(phase).writes() == (phase is None or phases.WRITERS[phase] == phases.SERVICE)


def test_a_permit_is_asked_for_once_a_second() -> None:
    table = Table("reverse")
    for _ in range(50):
        assert table.writes(0.05)
    assert table.asked == 3


def test_a_permit_that_is_taken_away_ends_within_seconds() -> None:
    table = Table("reverse")
    assert table.writes()
    table.phase = "closing back"
    assert table.writes(0.9)
    assert not table.writes(0.2)


def test_a_permit_ends_by_itself_when_nobody_can_be_asked() -> None:
    table = Table("reverse")
    assert table.writes()
    table.reachable = False
    assert table.writes(PERMIT_SECONDS - 0.1)
    assert not table.writes(0.2)
    table.reachable = True
    assert table.writes(1.0)


def test_after_the_end_nobody_is_asked_again() -> None:
    table = Table(LAST_PHASE)
    assert phases.FOLLOWING[LAST_PHASE] == ()
    assert table.writes() and table.asked == 1
    table.reachable = False
    assert table.writes(24 * 3600.0) and table.asked == 1


def test_what_mysql_has_no_place_for_is_written_at_any_time() -> None:
    table = Table("closing")
    assert table.writes(entity="session") and table.asked == 0
    assert not table.writes(entity="run")
