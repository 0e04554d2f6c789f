"""Answers are lost: what the table charged equals what was admitted, or was reported and given back later."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any

import pytest

from api.dynamodb.metering import meter
from api.limits import LimiterUnavailable, Subscriber
from tests.integration.limits.conftest import FREE, PRO, LimiterSetup
from tests.integration.repositories.conftest import ALICE, BOB
from tests.support.fault_proxy import Call, Fault, RandomFaults

pytestmark = pytest.mark.any_engine

ALICE_RECORD: Subscriber = {"user_id": ALICE, "subscription_plan_id": FREE}


def lose_hint(setup: LimiterSetup, user_id: int = ALICE) -> None:
    """The engine charges a hint, and nobody hears of it."""
    setup.limiter.check(user_id, FREE, "hint")
    setup.fail_calls(Fault.LOSE_REPLY, "UpdateItem")
    with pytest.raises(LimiterUnavailable):
        setup.limiter.admit(user_id, FREE, "hint")
    setup.recover()


def test_a_hint_without_an_answer_is_refused_and_given_back_on_the_next_request(setup: LimiterSetup) -> None:
    lose_hint(setup)
    assert (setup.charged(), setup.limiter.refunds_waiting) == (1, 1)
    assert setup.limiter.admit(ALICE, FREE, "hint").count == 1
    assert (setup.charged(), setup.logged(), setup.limiter.refunds_waiting) == (1, 1, 0)
    assert setup.limiter.counts == {"admission_unknown": 1, "refused": 1, "refund_later": 1, "refunded": 1}


def test_the_last_hint_is_not_lost_with_its_answer(setup: LimiterSetup) -> None:
    for _ in range(2):
        setup.limiter.admit(ALICE, FREE, "hint")
    lose_hint(setup)
    assert setup.charged() == 3
    assert setup.limiter.admit(ALICE, FREE, "hint").allowed
    assert setup.charged() == setup.logged() == 3
    assert not setup.limiter.admit(ALICE, FREE, "hint").allowed


def test_requests_of_others_give_back_two_at_a_time(setup: LimiterSetup) -> None:
    for user in (11, 12, 13):
        lose_hint(setup, user)
    assert [setup.charged(user) for user in (11, 12, 13)] == [1, 1, 1]
    with meter.recording() as recording:
        setup.limiter.admit(BOB, FREE, "hint")
    assert recording.operations == ["UpdateItem"] * 3
    assert [setup.charged(user) for user in (11, 12, 13)] == [0, 0, 1]
    setup.limiter.admit(BOB, FREE, "hint")
    assert (setup.charged(13), setup.charged(BOB), setup.limiter.refunds_waiting) == (0, 2, 0)


def test_who_has_a_refund_to_come_gets_it_before_anything_else_is_charged(setup: LimiterSetup) -> None:
    lose_hint(setup)
    setup.fail_calls(Fault.LOSE_REPLY, "UpdateItem")
    with meter.recording() as recording, pytest.raises(LimiterUnavailable):
        setup.limiter.admit(ALICE, FREE, "hint")
    assert recording.operations == ["UpdateItem"]
    assert (setup.charged(), setup.limiter.refunds_waiting) == (0, 1)


def test_a_slow_request_leaves_the_refunds_of_others_to_the_next(setup: LimiterSetup) -> None:
    lose_hint(setup)
    setup.proxy.answered = lambda call: setup.seconds.advance(0.2)
    with meter.recording() as recording:
        setup.limiter.admit(BOB, FREE, "hint")
    assert recording.operations == ["UpdateItem"]
    setup.proxy.answered = None
    setup.limiter.admit(BOB, FREE, "hint")
    assert setup.charged() == 0


def test_refunds_that_fail_wait_on_and_harm_no_admission(setup: LimiterSetup) -> None:
    lose_hint(setup)

    def only_bobs(call: Call) -> Fault | None:
        return (
            None
            if call.request.get("Key", {}).get("PK", {}).get("S", "").startswith(f"USR#{BOB}#")
            else Fault.CUT
        )

    setup.proxy.decide = only_bobs
    assert setup.limiter.admit(BOB, FREE, "hint").allowed
    assert (setup.charged(BOB), setup.limiter.refunds_waiting) == (1, 1)
    setup.proxy.decide = setup.faults
    setup.limiter.admit(BOB, FREE, "hint")
    assert (setup.charged(), setup.charged(BOB), setup.limiter.refunds_waiting) == (0, 2, 0)


def test_a_use_that_is_too_old_to_give_back_stays_counted_and_is_reported(setup: LimiterSetup) -> None:
    lose_hint(setup)
    setup.clock.advance(seconds=601)
    setup.limiter.admit(BOB, FREE, "hint")
    assert (setup.charged(), setup.limiter.refunds_waiting) == (1, 0)
    assert setup.limiter.counts["refund_dropped"] == 1


def test_a_hint_that_reached_no_engine_is_asked_for_again_a_minute_later(setup: LimiterSetup) -> None:
    setup.limiter.check(ALICE, FREE, "hint")
    setup.fail_calls(Fault.CUT)
    with pytest.raises(LimiterUnavailable):
        setup.limiter.admit(ALICE, FREE, "hint")
    setup.recover()
    setup.limiter.admit(ALICE, FREE, "hint")
    assert (setup.charged(), setup.limiter.refunds_waiting) == (1, 1)
    setup.clock.advance(seconds=60)
    setup.limiter.admit(BOB, FREE, "hint")
    assert (setup.charged(), setup.limiter.refunds_waiting) == (1, 0)
    assert setup.limiter.counts["refund_not_charged"] == 1


@dataclass
class Late:
    """Keeps the admissions that it cuts, to carry them out when everybody has given them up."""

    setup: LimiterSetup
    kept: list[Any]

    def __call__(self, call: Call) -> Fault | None:
        if call.operation == "UpdateItem":
            self.kept.append(call.request)
            return Fault.CUT
        return None


def test_an_admission_that_arrives_after_its_refund_is_given_back_too(setup: LimiterSetup) -> None:
    setup.limiter.check(ALICE, FREE, "hint")
    late = Late(setup, [])
    setup.proxy.decide = late
    with pytest.raises(LimiterUnavailable):
        setup.limiter.admit(ALICE, FREE, "hint")
    setup.proxy.decide = setup.faults
    setup.limiter.admit(BOB, FREE, "hint")
    assert (setup.charged(), setup.limiter.refunds_waiting) == (0, 1)
    request = {name: value for name, value in late.kept[0].items() if name != "TableName"}
    client = setup.usage._store  # the way past the proxy
    client._send("UpdateItem", {"TableName": client.table_name, **request})
    assert setup.charged() == 1
    setup.clock.advance(seconds=60)
    setup.limiter.admit(BOB, FREE, "hint")
    assert (setup.charged(), setup.limiter.refunds_waiting) == (0, 0)


def test_an_execution_without_an_answer_goes_on_and_keeps_its_charge(setup: LimiterSetup) -> None:
    setup.limiter.check(ALICE, FREE, "hint")
    setup.fail_calls(Fault.LOSE_REPLY, "UpdateItem")
    decision = setup.limiter.admit(ALICE, FREE, "execution")
    assert (decision.allowed, decision.source) == (True, "local")
    assert decision.receipt is not None
    setup.recover()
    setup.limiter.admit(ALICE, FREE, "execution")
    assert setup.charged(ALICE, "execution") == 2
    assert setup.limiter.refund(decision)
    assert setup.charged(ALICE, "execution") == 1


def test_executions_beyond_the_share_are_refused_and_given_back(setup: LimiterSetup) -> None:
    setup.limiter.check(ALICE, FREE, "hint")
    setup.fail_calls(Fault.LOSE_REPLY, "UpdateItem")
    for _ in range(4):
        assert setup.limiter.admit(ALICE, FREE, "execution").source == "local"
    setup.recover()
    setup.limiter.admit(ALICE, FREE, "execution")  # an answer: the breaker stays closed
    setup.fail_calls(Fault.LOSE_REPLY, "UpdateItem")
    assert setup.limiter.admit(ALICE, FREE, "execution").source == "local"
    with pytest.raises(LimiterUnavailable):
        setup.limiter.admit(ALICE, FREE, "execution")
    setup.recover()
    assert setup.charged(ALICE, "execution") == 7
    setup.limiter.admit(ALICE, FREE, "hint")
    assert setup.charged(ALICE, "execution") == 6


def test_an_execution_without_an_answer_is_denied_to_who_had_used_everything_up(setup: LimiterSetup) -> None:
    setup.plans.update_plan(FREE, {"max_executions_per_day": 1})
    for _ in range(2):
        setup.limiter.admit(ALICE, FREE, "execution")
    setup.clock.advance(seconds=601)  # the denial may be out of date now: the table is asked again
    setup.fail_calls(Fault.LOSE_REPLY, "UpdateItem")
    assert setup.limiter.admit(ALICE, FREE, "execution").source == "memory"
    assert (setup.charged(ALICE, "execution"), setup.limiter.refunds_waiting) == (1, 1)
    assert setup.limiter.counts["denied_by_memory"] == 1


@pytest.mark.parametrize("fault", [Fault.LOSE_REPLY, Fault.CUT])
def test_a_block_that_fails_without_the_table_is_given_back_later(setup: LimiterSetup, fault: Fault) -> None:
    with pytest.raises(KeyError), setup.limiter.paid(ALICE_RECORD, "hint"):
        setup.fail_calls(fault)
        raise KeyError
    assert setup.limiter.refunds_waiting == 1
    setup.recover()
    setup.limiter.admit(BOB, FREE, "hint")
    assert (setup.charged(), setup.logged(), setup.limiter.refunds_waiting) == (0, 0, 0)


def test_an_open_breaker_puts_refunds_off(setup: LimiterSetup) -> None:
    decision = setup.limiter.admit(ALICE, FREE, "hint")
    setup.fail_calls()
    for _ in range(5):
        setup.limiter.check(ALICE, FREE, "hint")
    with meter.recording() as recording:
        assert not setup.limiter.refund(decision)
    assert recording.calls == []
    setup.recover()
    setup.seconds.advance(5)
    setup.limiter.admit(BOB, FREE, "hint")
    assert (setup.charged(), setup.limiter.refunds_waiting) == (0, 0)


def test_paid_uses_and_charges_agree_when_answers_are_lost_at_random(setup: LimiterSetup) -> None:
    """Threads pay for hints, some blocks fail, calls fail at random; then the table is whole again."""
    setup.limiter.check(ALICE, PRO, "hint")
    user: Subscriber = {"user_id": ALICE, "subscription_plan_id": PRO}
    setup.proxy.decide = RandomFaults(0.5, (Fault.CUT, Fault.LOSE_REPLY, Fault.ERROR_500))
    done: list[int] = []

    def pay() -> None:
        for number in range(8):
            try:
                with setup.limiter.paid(user, "hint"):
                    if number % 4 == 3:
                        raise KeyError
                    done.append(number)
            except (KeyError, LimiterUnavailable):
                setup.seconds.advance(1)

    threads = [threading.Thread(target=pay, daemon=True) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    setup.proxy.decide = setup.faults
    setup.proxy.settle()
    for _ in range(2):
        setup.clock.advance(seconds=60)
        setup.seconds.advance(60)
        for _ in range(40):
            setup.limiter.admit(BOB, PRO, "hint")
    assert setup.limiter.refunds_waiting == 0
    setup.proxy.settle()  # on a busy machine a call whose caller gave up may still be on its way
    assert setup.charged() == setup.logged() == len(done) > 0
