"""What plans allow, remembered for ten seconds, and for longer while the table cannot be reached."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from api.dynamodb import errors
from api.limits.breaker import Breaker
from api.limits.gate import Gate
from api.limits.journal import Journal
from api.limits.plans import Found, PlanLimits
from tests.unit.limits.helpers import Answers, Seconds, failure, plan

DEFAULTS = {"hint": 5, "execution": 50}


class World:
    def __init__(self) -> None:
        self.clock, self.table, self.journal = Seconds(), Answers(plan(9, 90)), Journal()
        self.limits = PlanLimits(
            self.table.plans, Gate(Breaker(clock=self.clock)), self.journal, clock=self.clock
        )

    def of(self, plan_id: int | None = 1) -> Found:
        return self.limits.of(plan_id)

    @property
    def notes(self) -> dict[str, int]:
        return self.journal.counts.by_kind()


@pytest.fixture
def world() -> World:
    return World()


def test_a_plan_is_read_once_in_ten_seconds(world: World) -> None:
    for _ in range(3):
        assert world.of() == Found({"hint": 9, "execution": 90})
    world.table.next = plan(2, 20)
    world.clock.advance(9.999)
    assert world.of().per_day == {"hint": 9, "execution": 90}
    world.clock.advance(0.001)
    assert world.of().per_day == {"hint": 2, "execution": 20}
    assert world.table.asked == [(1,), (1,)]


def test_plans_are_remembered_apart(world: World) -> None:
    world.of(1)
    world.table.next = plan(100)
    assert world.of(2).per_day["hint"] == 100
    assert world.of(1).per_day["hint"] == 9


def test_no_plan_needs_no_call(world: World) -> None:
    assert world.of(None) == Found(DEFAULTS)
    assert world.table.asked == []


@pytest.mark.parametrize("stored", [None, plan(99, 99, is_active=False)])
def test_a_missing_or_inactive_plan_has_the_default_limits_and_is_remembered(
    world: World, stored: Any
) -> None:
    world.table.next = stored
    assert world.of() == world.of() == Found(DEFAULTS)
    assert len(world.table.asked) == 1


@pytest.mark.parametrize("kind", [errors.Unavailable, errors.OutcomeUnknown])
def test_a_plan_that_cannot_be_read_again_stays_as_it_was(
    world: World, kind: type[errors.DataLayerError]
) -> None:
    world.of()
    world.clock.advance(3600)
    world.table.next = failure(kind)
    found = world.of()
    assert found.per_day == {"hint": 9, "execution": 90}
    assert found.outage is not None
    assert found.outage.cause is world.table.next
    assert world.notes == {"plan_not_read": 1}


def test_a_failed_reading_is_logged_once_and_tried_again_a_second_later(world: World) -> None:
    world.of()
    world.clock.advance(10)
    world.table.next = failure(errors.Unavailable)
    world.of()
    for _ in range(3):
        assert world.of() == Found({"hint": 9, "execution": 90})
    assert (len(world.table.asked), world.notes) == (2, {"plan_not_read": 1})
    world.clock.advance(1)
    world.table.next = plan(7)
    assert world.of().per_day["hint"] == 7


def test_an_unknown_plan_that_cannot_be_read_has_the_default_limits(world: World) -> None:
    world.table.next = failure(errors.Unavailable)
    found = world.of()
    assert found.per_day == DEFAULTS
    assert found.outage is not None
    world.table.next = plan(9)
    assert world.of().per_day["hint"] == 9


def test_throttled_plans_do_not_keep_uses_from_being_counted(world: World) -> None:
    world.of()
    world.clock.advance(10)
    world.table.next = failure(errors.Throttled)
    assert world.of() == Found({"hint": 9, "execution": 90})
    assert world.of(2).outage is not None  # nothing is known of this one


def test_an_open_breaker_leaves_plans_unread_and_says_nothing_more(world: World) -> None:
    world.of()
    world.table.next = failure(errors.Unavailable)
    for _ in range(5):
        world.clock.advance(10)
        world.of()
    asked, notes = len(world.table.asked), world.notes
    found = [world.of(), world.of(2)]
    world.clock.advance(1)
    found.append(world.of())
    assert (len(world.table.asked), world.notes) == (asked, notes)
    assert [one.per_day["hint"] for one in found] == [9, 5, 9]
    assert found[2].outage is not None
    assert found[2].outage.cause is None


@pytest.mark.parametrize("kind", [errors.TableMissing, errors.AccessDenied, errors.InvalidInput])
def test_faults_of_the_set_up_are_raised(world: World, kind: type[errors.DataLayerError]) -> None:
    world.table.next = failure(kind)
    with pytest.raises(kind):
        world.of()


def test_one_thread_reads_while_others_go_on_with_what_is_known(world: World) -> None:
    world.of()
    world.clock.advance(10)
    reading, go_on = threading.Event(), threading.Event()

    def slow(plan_id: int) -> Any:
        reading.set()
        go_on.wait(30)
        return plan(1)

    world.table.get_plan = slow  # type: ignore[method-assign]
    found: list[Found] = []
    thread = threading.Thread(target=lambda: found.append(world.of()))
    thread.start()
    assert reading.wait(30)
    assert world.of().per_day["hint"] == 9
    go_on.set()
    thread.join()
    assert [one.per_day["hint"] for one in found] == [1]
    assert world.of().per_day["hint"] == 1
