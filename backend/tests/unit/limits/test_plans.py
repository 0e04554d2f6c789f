"""What plans allow, remembered for ten seconds, and for longer while the table cannot be reached."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from api.dynamodb import errors
from api.limits.circuit_breaker import CircuitBreaker
from api.limits.event_log import EventLog
from api.limits.plans import PlanLimits, PlanQuota
from api.limits.table_calls import TableCalls
from tests.unit.limits.helpers import Answers, Seconds, failure, plan

DEFAULTS = {"hint": 5, "execution": 50}


class PlanSetup:
    def __init__(self) -> None:
        self.clock, self.table, self.events = Seconds(), Answers(plan(9, 90)), EventLog()
        self.limits = PlanLimits(
            self.table.plans, TableCalls(CircuitBreaker(clock=self.clock)), self.events, clock=self.clock
        )

    def get(self, plan_id: int | None = 1) -> PlanQuota:
        return self.limits.get(plan_id)

    @property
    def event_counts(self) -> dict[str, int]:
        return self.events.counts.by_kind()


@pytest.fixture
def setup() -> PlanSetup:
    return PlanSetup()


def test_a_plan_is_read_once_in_ten_seconds(setup: PlanSetup) -> None:
    for _ in range(3):
        assert setup.get() == PlanQuota({"hint": 9, "execution": 90})
    setup.table.next = plan(2, 20)
    setup.clock.advance(9.999)
    assert setup.get().per_day == {"hint": 9, "execution": 90}
    setup.clock.advance(0.001)
    assert setup.get().per_day == {"hint": 2, "execution": 20}
    assert setup.table.calls == [(1,), (1,)]


def test_plans_are_remembered_apart(setup: PlanSetup) -> None:
    setup.get(1)
    setup.table.next = plan(100)
    assert setup.get(2).per_day["hint"] == 100
    assert setup.get(1).per_day["hint"] == 9


def test_no_plan_needs_no_call(setup: PlanSetup) -> None:
    assert setup.get(None) == PlanQuota(DEFAULTS)
    assert setup.table.calls == []


@pytest.mark.parametrize("stored", [None, plan(99, 99, is_active=False)])
def test_a_missing_or_inactive_plan_has_the_default_limits_and_is_remembered(
    setup: PlanSetup, stored: Any
) -> None:
    setup.table.next = stored
    assert setup.get() == setup.get() == PlanQuota(DEFAULTS)
    assert len(setup.table.calls) == 1


@pytest.mark.parametrize("kind", [errors.Unavailable, errors.OutcomeUnknown])
def test_a_plan_that_cannot_be_read_again_stays_as_it_was(
    setup: PlanSetup, kind: type[errors.DataLayerError]
) -> None:
    setup.get()
    setup.clock.advance(3600)
    setup.table.next = failure(kind)
    quota = setup.get()
    assert quota.per_day == {"hint": 9, "execution": 90}
    assert quota.outage is not None
    assert quota.outage.cause is setup.table.next
    assert setup.event_counts == {"plan_not_read": 1}


def test_a_failed_reading_is_logged_once_and_tried_again_a_second_later(setup: PlanSetup) -> None:
    setup.get()
    setup.clock.advance(10)
    setup.table.next = failure(errors.Unavailable)
    setup.get()
    for _ in range(3):
        assert setup.get() == PlanQuota({"hint": 9, "execution": 90})
    assert (len(setup.table.calls), setup.event_counts) == (2, {"plan_not_read": 1})
    setup.clock.advance(1)
    setup.table.next = plan(7)
    assert setup.get().per_day["hint"] == 7


def test_an_unknown_plan_that_cannot_be_read_has_the_default_limits(setup: PlanSetup) -> None:
    setup.table.next = failure(errors.Unavailable)
    quota = setup.get()
    assert quota.per_day == DEFAULTS
    assert quota.outage is not None
    setup.table.next = plan(9)
    assert setup.get().per_day["hint"] == 9


def test_throttled_plans_do_not_keep_uses_from_being_counted(setup: PlanSetup) -> None:
    setup.get()
    setup.clock.advance(10)
    setup.table.next = failure(errors.Throttled)
    assert setup.get() == PlanQuota({"hint": 9, "execution": 90})
    assert setup.get(2).outage is not None  # nothing is known of this one


def test_an_open_breaker_leaves_plans_unread_and_says_nothing_more(setup: PlanSetup) -> None:
    setup.get()
    setup.table.next = failure(errors.Unavailable)
    for _ in range(5):
        setup.clock.advance(10)
        setup.get()
    call_count, event_counts = len(setup.table.calls), setup.event_counts
    quotas = [setup.get(), setup.get(2)]
    setup.clock.advance(1)
    quotas.append(setup.get())
    assert (len(setup.table.calls), setup.event_counts) == (call_count, event_counts)
    assert [quota.per_day["hint"] for quota in quotas] == [9, 5, 9]
    assert quotas[2].outage is not None
    assert quotas[2].outage.cause is None


@pytest.mark.parametrize("kind", [errors.TableMissing, errors.AccessDenied, errors.InvalidInput])
def test_faults_of_the_set_up_are_raised(setup: PlanSetup, kind: type[errors.DataLayerError]) -> None:
    setup.table.next = failure(kind)
    with pytest.raises(kind):
        setup.get()


def test_one_thread_reads_while_others_go_on_with_what_is_known(setup: PlanSetup) -> None:
    setup.get()
    setup.clock.advance(10)
    reading, go_on = threading.Event(), threading.Event()

    def slow(plan_id: int) -> Any:
        reading.set()
        go_on.wait(30)
        return plan(1)

    setup.table.get_plan = slow  # type: ignore[method-assign]
    quotas: list[PlanQuota] = []
    thread = threading.Thread(target=lambda: quotas.append(setup.get()), daemon=True)
    thread.start()
    assert reading.wait(30)
    assert setup.get().per_day["hint"] == 9
    go_on.set()
    thread.join(120)
    assert [quota.per_day["hint"] for quota in quotas] == [1]
    assert setup.get().per_day["hint"] == 1
