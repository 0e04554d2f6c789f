"""Uses that wait to be given back: until the table says so, for as long as it would, and not more than fit."""

from __future__ import annotations

import logging

import pytest

from api.dynamodb import errors
from api.limits.circuit_breaker import CircuitBreaker
from api.limits.event_log import EventLog
from api.limits.refunds import SETTLED_SECONDS, RefundQueue
from api.limits.table_calls import TableCalls, TableOutage
from tests.unit.limits.helpers import NOON, Answers, Moment, Seconds, failure, receipt


class RefundSetup:
    def __init__(self, capacity: int = 1_000) -> None:
        self.now, self.table, self.events = Moment(), Answers(True), EventLog()
        calls = TableCalls(CircuitBreaker(clock=Seconds()))
        self.queue = RefundQueue(self.table.usage, calls, self.events, self.now, capacity)

    @property
    def event_counts(self) -> dict[str, int]:
        return self.events.counts.by_kind()


@pytest.fixture
def setup() -> RefundSetup:
    return RefundSetup()


def test_a_use_is_given_back_at_once(setup: RefundSetup) -> None:
    assert setup.queue.refund(receipt(), unknown=False)
    setup.table.next = False
    assert not setup.queue.refund(receipt(), unknown=False)
    assert setup.event_counts == {"refunded": 1, "refund_not_charged": 1}
    assert setup.queue.waiting == 0


@pytest.mark.parametrize(
    "kind", [errors.Unavailable, errors.OutcomeUnknown, errors.Throttled, errors.AccessDenied]
)
def test_one_that_cannot_be_given_back_now_waits(
    setup: RefundSetup, kind: type[errors.DataLayerError]
) -> None:
    setup.table.next = failure(kind)
    assert not setup.queue.refund(receipt(), unknown=False)
    assert (setup.queue.waiting, setup.event_counts) == (1, {"refund_later": 1})
    setup.table.next = True
    setup.queue.process(2)
    assert setup.table.calls == [(receipt(),)] * 2
    assert (setup.queue.waiting, setup.event_counts) == (0, {"refund_later": 1, "refunded": 1})


def test_settling_does_no_more_than_it_was_told_and_ends_at_an_outage(setup: RefundSetup) -> None:
    for user in range(5):
        setup.queue.refund_later(receipt(user), unknown=True)
    setup.queue.process(2)
    assert [call[0].user_id for call in setup.table.calls] == [0, 1]
    setup.table.next = failure(errors.Unavailable)
    with pytest.raises(TableOutage):
        setup.queue.process(2)
    assert [call[0].user_id for call in setup.table.calls] == [0, 1, 2]
    assert setup.queue.waiting == 3


def test_a_user_s_own_are_found_among_all(setup: RefundSetup) -> None:
    for user in range(5):
        setup.queue.refund_later(receipt(user), unknown=True)
    setup.queue.process(2, (3, "hint"))
    setup.queue.process(2, (4, "execution"))
    assert [call[0].user_id for call in setup.table.calls] == [3]


def test_nothing_waiting_means_no_call(setup: RefundSetup) -> None:
    setup.queue.process(2)
    assert setup.table.calls == []


def test_an_unknown_use_that_is_not_charged_is_asked_for_once_more_later(setup: RefundSetup) -> None:
    setup.queue.refund_later(receipt(), unknown=True)
    setup.table.next = False
    setup.queue.process(2)
    assert (len(setup.table.calls), setup.queue.waiting) == (1, 1)
    setup.now.advance(59.9)
    setup.queue.process(2)
    assert len(setup.table.calls) == 1
    setup.now.advance(0.1)
    setup.table.next = True  # the write had been on its way
    setup.queue.process(2)
    assert (setup.queue.waiting, setup.event_counts) == (0, {"refund_later": 2, "refunded": 1})


def test_what_is_not_charged_after_a_minute_never_was(setup: RefundSetup) -> None:
    setup.queue.refund_later(receipt(), unknown=True)
    setup.table.next = False
    setup.now.advance(60)
    setup.queue.process(2)
    assert (setup.queue.waiting, setup.event_counts) == (0, {"refund_later": 1, "refund_not_charged": 1})


def test_a_use_that_is_too_old_is_dropped_without_a_call(
    setup: RefundSetup, caplog: pytest.LogCaptureFixture
) -> None:
    setup.queue.refund_later(receipt(), unknown=True)
    setup.now.advance(600.1)
    with caplog.at_level(logging.INFO, "algoitny.limits"):
        setup.queue.process(2)
    assert (setup.table.calls, setup.queue.waiting) == ([], 0)
    line = caplog.records[-1]
    assert line.name == "algoitny.limits"
    assert line.fields == {  # type: ignore[attr-defined]
        "event": "refund_dropped", "user_id": 1, "action": "hint", "use_id": "abcdefgh",
        "day": "2026-11-21", "unknown": True, "cause": "RefundTooLate",
    }  # fmt: skip
    setup.now.value = NOON
    setup.table.next = failure(errors.RefundTooLate)
    assert not setup.queue.refund(receipt(), unknown=False)
    assert setup.event_counts["refund_dropped"] == 2


def test_no_more_wait_than_fit_and_the_oldest_is_dropped() -> None:
    setup = RefundSetup(capacity=2)
    for user in range(3):
        setup.queue.refund_later(receipt(user), unknown=True)
    assert (setup.queue.waiting, setup.event_counts) == (2, {"refund_later": 3, "refund_dropped": 1})
    setup.queue.process(9)
    assert [call[0].user_id for call in setup.table.calls] == [1, 2]


@pytest.mark.parametrize("is_stored", [True, False])
def test_a_use_whose_work_may_be_stored_is_given_back_a_minute_later_if_it_was_not(
    setup: RefundSetup, is_stored: bool
) -> None:
    setup.queue.refund_unless(receipt(), lambda: is_stored, unknown=False)
    setup.queue.process(2)
    assert setup.table.calls == []
    setup.now.advance(seconds=SETTLED_SECONDS)
    setup.queue.process(2)
    assert len(setup.table.calls) == (0 if is_stored else 1)
    assert setup.queue.waiting == 0
    assert setup.event_counts == {"refund_later": 1, "charge_kept" if is_stored else "refunded": 1}


def test_it_is_asked_again_when_the_table_could_not_say(setup: RefundSetup) -> None:
    answers: list[bool | errors.DataLayerError] = [failure(errors.Unavailable), False]

    def is_stored() -> bool:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    setup.queue.refund_unless(receipt(), is_stored, unknown=False)
    setup.now.advance(seconds=SETTLED_SECONDS)
    with pytest.raises(TableOutage):
        setup.queue.process(2)
    assert setup.queue.waiting == 1
    setup.queue.process(2)
    assert setup.event_counts == {"refund_later": 2, "refunded": 1}
