"""Answers are lost: what the table charged equals what was admitted, or was reported and given back later."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any

import pytest

from api.dynamodb import meter
from api.limits import LimiterUnavailable, Subscriber
from tests.integration.limits.conftest import FREE, PRO, World
from tests.integration.repositories.conftest import ALICE, BOB
from tests.support.fault_proxy import Call, Fault, RandomFaults

ALICE_RECORD: Subscriber = {"user_id": ALICE, "subscription_plan_id": FREE}


def lose_hint(world: World, user_id: int = ALICE) -> None:
    """The engine charges a hint, and nobody hears of it."""
    world.limiter.check(user_id, FREE, "hint")
    world.out(Fault.LOSE_REPLY, "UpdateItem")
    with pytest.raises(LimiterUnavailable):
        world.limiter.admit(user_id, FREE, "hint")
    world.back()


def test_a_hint_without_an_answer_is_refused_and_given_back_on_the_next_request(world: World) -> None:
    lose_hint(world)
    assert (world.charged(), world.limiter.refunds_waiting) == (1, 1)
    assert world.limiter.admit(ALICE, FREE, "hint").count == 1
    assert (world.charged(), world.logged(), world.limiter.refunds_waiting) == (1, 1, 0)
    assert world.limiter.counts == {"admission_unknown": 1, "refused": 1, "refund_later": 1, "refunded": 1}


def test_the_last_hint_is_not_lost_with_its_answer(world: World) -> None:
    for _ in range(2):
        world.limiter.admit(ALICE, FREE, "hint")
    lose_hint(world)
    assert world.charged() == 3
    assert world.limiter.admit(ALICE, FREE, "hint").allowed
    assert world.charged() == world.logged() == 3
    assert not world.limiter.admit(ALICE, FREE, "hint").allowed


def test_requests_of_others_give_back_two_at_a_time(world: World) -> None:
    for user in (11, 12, 13):
        lose_hint(world, user)
    assert [world.charged(user) for user in (11, 12, 13)] == [1, 1, 1]
    with meter.recording() as recording:
        world.limiter.admit(BOB, FREE, "hint")
    assert recording.operations == ["UpdateItem"] * 3
    assert [world.charged(user) for user in (11, 12, 13)] == [0, 0, 1]
    world.limiter.admit(BOB, FREE, "hint")
    assert (world.charged(13), world.charged(BOB), world.limiter.refunds_waiting) == (0, 2, 0)


def test_who_has_a_refund_to_come_gets_it_before_anything_else_is_charged(world: World) -> None:
    lose_hint(world)
    world.out(Fault.LOSE_REPLY, "UpdateItem")
    with meter.recording() as recording, pytest.raises(LimiterUnavailable):
        world.limiter.admit(ALICE, FREE, "hint")
    assert recording.operations == ["UpdateItem"]
    assert (world.charged(), world.limiter.refunds_waiting) == (0, 1)


def test_a_slow_request_leaves_the_refunds_of_others_to_the_next(world: World) -> None:
    lose_hint(world)
    world.proxy.answered = lambda call: world.seconds.advance(0.2)
    with meter.recording() as recording:
        world.limiter.admit(BOB, FREE, "hint")
    assert recording.operations == ["UpdateItem"]
    world.proxy.answered = None
    world.limiter.admit(BOB, FREE, "hint")
    assert world.charged() == 0


def test_refunds_that_fail_wait_on_and_harm_no_admission(world: World) -> None:
    lose_hint(world)

    def only_bobs(call: Call) -> Fault | None:
        return (
            None
            if call.request.get("Key", {}).get("PK", {}).get("S", "").startswith(f"USR#{BOB}#")
            else Fault.CUT
        )

    world.proxy.decide = only_bobs
    assert world.limiter.admit(BOB, FREE, "hint").allowed
    assert (world.charged(BOB), world.limiter.refunds_waiting) == (1, 1)
    world.proxy.decide = world.faults
    world.limiter.admit(BOB, FREE, "hint")
    assert (world.charged(), world.charged(BOB), world.limiter.refunds_waiting) == (0, 2, 0)


def test_a_use_that_is_too_old_to_give_back_stays_counted_and_is_reported(world: World) -> None:
    lose_hint(world)
    world.clock.advance(seconds=601)
    world.limiter.admit(BOB, FREE, "hint")
    assert (world.charged(), world.limiter.refunds_waiting) == (1, 0)
    assert world.limiter.counts["refund_dropped"] == 1


def test_a_hint_that_reached_no_engine_is_asked_for_again_a_minute_later(world: World) -> None:
    world.limiter.check(ALICE, FREE, "hint")
    world.out(Fault.CUT)
    with pytest.raises(LimiterUnavailable):
        world.limiter.admit(ALICE, FREE, "hint")
    world.back()
    world.limiter.admit(ALICE, FREE, "hint")
    assert (world.charged(), world.limiter.refunds_waiting) == (1, 1)
    world.clock.advance(seconds=60)
    world.limiter.admit(BOB, FREE, "hint")
    assert (world.charged(), world.limiter.refunds_waiting) == (1, 0)
    assert world.limiter.counts["refund_not_charged"] == 1


@dataclass
class Late:
    """Keeps the admissions that it cuts, to carry them out when everybody has given them up."""

    world: World
    kept: list[Any]

    def __call__(self, call: Call) -> Fault | None:
        if call.operation == "UpdateItem":
            self.kept.append(call.request)
            return Fault.CUT
        return None


def test_an_admission_that_arrives_after_its_refund_is_given_back_too(world: World) -> None:
    world.limiter.check(ALICE, FREE, "hint")
    late = Late(world, [])
    world.proxy.decide = late
    with pytest.raises(LimiterUnavailable):
        world.limiter.admit(ALICE, FREE, "hint")
    world.proxy.decide = world.faults
    world.limiter.admit(BOB, FREE, "hint")
    assert (world.charged(), world.limiter.refunds_waiting) == (0, 1)
    request = {name: value for name, value in late.kept[0].items() if name != "TableName"}
    client = world.usage._store  # the way past the proxy
    client._send("UpdateItem", {"TableName": client.table_name, **request})
    assert world.charged() == 1
    world.clock.advance(seconds=60)
    world.limiter.admit(BOB, FREE, "hint")
    assert (world.charged(), world.limiter.refunds_waiting) == (0, 0)


def test_an_execution_without_an_answer_goes_on_and_keeps_its_charge(world: World) -> None:
    world.limiter.check(ALICE, FREE, "hint")
    world.out(Fault.LOSE_REPLY, "UpdateItem")
    decision = world.limiter.admit(ALICE, FREE, "execution")
    assert (decision.allowed, decision.source) == (True, "share")
    assert decision.receipt is not None
    world.back()
    world.limiter.admit(ALICE, FREE, "execution")
    assert world.charged(ALICE, "execution") == 2
    assert world.limiter.refund(decision)
    assert world.charged(ALICE, "execution") == 1


def test_executions_beyond_the_share_are_refused_and_given_back(world: World) -> None:
    world.limiter.check(ALICE, FREE, "hint")
    world.out(Fault.LOSE_REPLY, "UpdateItem")
    for _ in range(4):
        assert world.limiter.admit(ALICE, FREE, "execution").source == "share"
    world.back()
    world.limiter.admit(ALICE, FREE, "execution")  # an answer: the breaker stays closed
    world.out(Fault.LOSE_REPLY, "UpdateItem")
    assert world.limiter.admit(ALICE, FREE, "execution").source == "share"
    with pytest.raises(LimiterUnavailable):
        world.limiter.admit(ALICE, FREE, "execution")
    world.back()
    assert world.charged(ALICE, "execution") == 7
    world.limiter.admit(ALICE, FREE, "hint")
    assert world.charged(ALICE, "execution") == 6


def test_an_execution_without_an_answer_is_denied_to_who_had_used_everything_up(world: World) -> None:
    world.plans.update_plan(FREE, {"max_executions_per_day": 1})
    for _ in range(2):
        world.limiter.admit(ALICE, FREE, "execution")
    world.clock.advance(seconds=601)  # the denial may be out of date now: the table is asked again
    world.out(Fault.LOSE_REPLY, "UpdateItem")
    assert world.limiter.admit(ALICE, FREE, "execution").source == "memory"
    assert (world.charged(ALICE, "execution"), world.limiter.refunds_waiting) == (1, 1)
    assert world.limiter.counts["denied_by_memory"] == 1


@pytest.mark.parametrize("fault", [Fault.LOSE_REPLY, Fault.CUT])
def test_a_block_that_fails_without_the_table_is_given_back_later(world: World, fault: Fault) -> None:
    with pytest.raises(KeyError), world.limiter.paid(ALICE_RECORD, "hint"):
        world.out(fault)
        raise KeyError
    assert world.limiter.refunds_waiting == 1
    world.back()
    world.limiter.admit(BOB, FREE, "hint")
    assert (world.charged(), world.logged(), world.limiter.refunds_waiting) == (0, 0, 0)


def test_an_open_breaker_puts_refunds_off(world: World) -> None:
    decision = world.limiter.admit(ALICE, FREE, "hint")
    world.out()
    for _ in range(5):
        world.limiter.check(ALICE, FREE, "hint")
    with meter.recording() as recording:
        assert not world.limiter.refund(decision)
    assert recording.calls == []
    world.back()
    world.seconds.advance(5)
    world.limiter.admit(BOB, FREE, "hint")
    assert (world.charged(), world.limiter.refunds_waiting) == (0, 0)


def test_paid_uses_and_charges_agree_when_answers_are_lost_at_random(world: World) -> None:
    """Threads pay for hints, some blocks fail, calls fail at random; then the table is whole again."""
    world.limiter.check(ALICE, PRO, "hint")
    user: Subscriber = {"user_id": ALICE, "subscription_plan_id": PRO}
    world.proxy.decide = RandomFaults(0.5, (Fault.CUT, Fault.LOSE_REPLY, Fault.ERROR_500))
    done: list[int] = []

    def pay() -> None:
        for number in range(8):
            try:
                with world.limiter.paid(user, "hint"):
                    if number % 4 == 3:
                        raise KeyError
                    done.append(number)
            except (KeyError, LimiterUnavailable):
                world.seconds.advance(1)

    threads = [threading.Thread(target=pay) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    world.proxy.decide = world.faults
    for _ in range(2):
        world.clock.advance(seconds=60)
        world.seconds.advance(60)
        for _ in range(40):
            world.limiter.admit(BOB, PRO, "hint")
    assert world.limiter.refunds_waiting == 0
    assert world.charged() == world.logged() == len(done) > 0
