"""Uses that wait to be given back: until the table says so, for as long as it would, and not more than fit."""

from __future__ import annotations

import logging

import pytest

from api.dynamodb import errors
from api.limits.breaker import Breaker
from api.limits.gate import Gate, Outage
from api.limits.journal import Journal
from api.limits.refunds import Refunds
from tests.unit.limits.helpers import NOON, Answers, Moment, Seconds, failure, receipt


class World:
    def __init__(self, capacity: int = 1_000) -> None:
        self.now, self.table, self.journal = Moment(), Answers(True), Journal()
        gate = Gate(Breaker(clock=Seconds()))
        self.refunds = Refunds(self.table.usage, gate, self.journal, self.now, capacity)

    @property
    def notes(self) -> dict[str, int]:
        return self.journal.counts.by_kind()


@pytest.fixture
def world() -> World:
    return World()


def test_a_use_is_given_back_at_once(world: World) -> None:
    assert world.refunds.give_back(receipt(), unknown=False)
    world.table.next = False
    assert not world.refunds.give_back(receipt(), unknown=False)
    assert world.notes == {"refunded": 1, "refund_not_charged": 1}
    assert world.refunds.waiting == 0


@pytest.mark.parametrize(
    "kind", [errors.Unavailable, errors.OutcomeUnknown, errors.Throttled, errors.AccessDenied]
)
def test_one_that_cannot_be_given_back_now_waits(world: World, kind: type[errors.DataLayerError]) -> None:
    world.table.next = failure(kind)
    assert not world.refunds.give_back(receipt(), unknown=False)
    assert (world.refunds.waiting, world.notes) == (1, {"refund_later": 1})
    world.table.next = True
    world.refunds.settle(2)
    assert world.table.asked == [(receipt(),)] * 2
    assert (world.refunds.waiting, world.notes) == (0, {"refund_later": 1, "refunded": 1})


def test_settling_does_no_more_than_it_was_told_and_ends_at_an_outage(world: World) -> None:
    for user in range(5):
        world.refunds.later(receipt(user), unknown=True)
    world.refunds.settle(2)
    assert [asked[0].user_id for asked in world.table.asked] == [0, 1]
    world.table.next = failure(errors.Unavailable)
    with pytest.raises(Outage):
        world.refunds.settle(2)
    assert [asked[0].user_id for asked in world.table.asked] == [0, 1, 2]
    assert world.refunds.waiting == 3


def test_a_user_s_own_are_found_among_all(world: World) -> None:
    for user in range(5):
        world.refunds.later(receipt(user), unknown=True)
    world.refunds.settle(2, (3, "hint"))
    world.refunds.settle(2, (4, "execution"))
    assert [asked[0].user_id for asked in world.table.asked] == [3]


def test_nothing_waiting_means_no_call(world: World) -> None:
    world.refunds.settle(2)
    assert world.table.asked == []


def test_an_unknown_use_that_is_not_charged_is_asked_for_once_more_later(world: World) -> None:
    world.refunds.later(receipt(), unknown=True)
    world.table.next = False
    world.refunds.settle(2)
    assert (len(world.table.asked), world.refunds.waiting) == (1, 1)
    world.now.advance(59.9)
    world.refunds.settle(2)
    assert len(world.table.asked) == 1
    world.now.advance(0.1)
    world.table.next = True  # the write had been on its way
    world.refunds.settle(2)
    assert (world.refunds.waiting, world.notes) == (0, {"refund_later": 2, "refunded": 1})


def test_what_is_not_charged_after_a_minute_never_was(world: World) -> None:
    world.refunds.later(receipt(), unknown=True)
    world.table.next = False
    world.now.advance(60)
    world.refunds.settle(2)
    assert (world.refunds.waiting, world.notes) == (0, {"refund_later": 1, "refund_not_charged": 1})


def test_a_use_that_is_too_old_is_dropped_without_a_call(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.refunds.later(receipt(), unknown=True)
    world.now.advance(600.1)
    with caplog.at_level(logging.INFO, "algoitny.limits"):
        world.refunds.settle(2)
    assert (world.table.asked, world.refunds.waiting) == ([], 0)
    line = caplog.records[-1]
    assert line.name == "algoitny.limits"
    assert line.fields == {  # type: ignore[attr-defined]
        "event": "refund_dropped", "user_id": 1, "action": "hint", "use_id": "abcdefgh",
        "day": "2026-11-21", "unknown": True, "cause": "RefundTooLate",
    }  # fmt: skip
    world.now.value = NOON
    world.table.next = failure(errors.RefundTooLate)
    assert not world.refunds.give_back(receipt(), unknown=False)
    assert world.notes["refund_dropped"] == 2


def test_no_more_wait_than_fit_and_the_oldest_is_dropped() -> None:
    world = World(capacity=2)
    for user in range(3):
        world.refunds.later(receipt(user), unknown=True)
    assert (world.refunds.waiting, world.notes) == (2, {"refund_later": 3, "refund_dropped": 1})
    world.refunds.settle(9)
    assert [asked[0].user_id for asked in world.table.asked] == [1, 2]
