"""What a user may do: by the plan, changed within seconds, under several limits, paid only when it succeeds."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from api.dynamodb.errors import ConditionFailed, InvalidInput, OutcomeUnknown, Throttled, Unavailable
from api.dynamodb.metering import meter
from api.dynamodb.usage_limits.decisions import Decision
from api.limits import NotAdmitted, Subscriber, headers
from tests.integration.limits.conftest import FREE, MISSING, NO_HINTS, OLD, PRO, LimiterSetup
from tests.integration.repositories.conftest import ALICE, BOB

pytestmark = pytest.mark.any_engine

ALICE_RECORD: Subscriber = {"user_id": ALICE, "subscription_plan_id": FREE}


def admitted(setup: LimiterSetup, times: int, plan: int | None = FREE, action: str = "hint") -> int:
    return sum(setup.limiter.admit(ALICE, plan, action).allowed for _ in range(times))


@pytest.mark.parametrize(
    ("plan", "hints"), [(FREE, 3), (PRO, 8), (OLD, 5), (None, 5), (MISSING, 5), (NO_HINTS, 0)]
)
def test_the_plan_says_how_often(setup: LimiterSetup, plan: int | None, hints: int) -> None:
    assert admitted(setup, 8, plan) == hints
    assert setup.charged() == setup.logged() == hints


def test_an_admitted_use_says_what_remains(setup: LimiterSetup) -> None:
    decision = setup.limiter.admit(ALICE, FREE, "hint", problem_id=7, metadata={"history_id": 9})
    assert (decision.allowed, decision.count, decision.limit, decision.remaining) == (True, 1, 3, 2)
    assert decision.source == "table"
    assert headers("hint", decision, setup.clock()) == {
        "RateLimit-Policy": '"hint";q=3;w=86400', "RateLimit": '"hint";r=2;t=43200',
    }  # fmt: skip


def test_a_denial_costs_one_call_and_then_none(setup: LimiterSetup) -> None:
    admitted(setup, 3)
    with meter.recording() as recording:
        first = setup.limiter.admit(ALICE, FREE, "hint")
        again = setup.limiter.admit(ALICE, FREE, "hint")
    assert recording.operations == ["UpdateItem"]
    assert [(one.allowed, one.count, one.retry_after) for one in (first, again)] == [(False, 3, 43_200)] * 2
    assert (first.source, again.source) == ("table", "memory")
    assert setup.limiter.counts == {}


def test_a_plan_without_the_action_is_a_denial_without_a_call(setup: LimiterSetup) -> None:
    setup.limiter.check(ALICE, NO_HINTS, "execution")
    with meter.recording() as recording:
        decision = setup.limiter.admit(ALICE, NO_HINTS, "hint")
        assert setup.limiter.check(ALICE, NO_HINTS, "hint") == decision
    assert recording.calls == []
    assert (decision.allowed, decision.limit, decision.retry_after) == (False, 0, 43_200)


def test_a_changed_plan_holds_after_ten_seconds(setup: LimiterSetup) -> None:
    assert admitted(setup, 4) == 3
    setup.plans.update_plan(FREE, {"max_hints_per_day": 5})
    assert admitted(setup, 2) == 0
    setup.seconds.advance(10)
    assert admitted(setup, 3) == 2
    setup.plans.update_plan(FREE, {"max_hints_per_day": 1})
    setup.seconds.advance(10)
    decision = setup.limiter.admit(ALICE, FREE, "hint")
    assert (decision.allowed, decision.count, decision.limit) == (False, 5, 1)


def test_another_plan_of_the_user_holds_at_once(setup: LimiterSetup) -> None:
    assert admitted(setup, 4) == 3
    assert admitted(setup, 1, PRO) == 1


def test_a_plan_is_read_once_in_ten_seconds_and_an_admission_is_one_write(setup: LimiterSetup) -> None:
    with meter.recording() as recording:
        admitted(setup, 2)
    assert recording.operations == ["GetItem", "UpdateItem", "UpdateItem"]


def test_executions_have_a_limit_a_minute_too(setup: LimiterSetup) -> None:
    assert admitted(setup, 25, action="execution") == 20
    denied = setup.limiter.admit(ALICE, FREE, "execution")
    assert (denied.limit, denied.retry_after) == (20, 60)
    assert headers("execution", denied, setup.clock()) == {
        "RateLimit-Policy": '"execution";q=50;w=86400, "execution-60";q=20;w=60',
        "RateLimit": '"execution";r=30;t=43200, "execution-60";r=0;t=60',
        "Retry-After": "60",
    }
    setup.clock.advance(seconds=60)
    assert admitted(setup, 25, action="execution") == 20
    setup.clock.advance(seconds=60)
    assert admitted(setup, 25, action="execution") == 10
    assert setup.limiter.admit(ALICE, FREE, "execution").limit == 50


def test_actions_and_users_are_limited_apart(setup: LimiterSetup) -> None:
    admitted(setup, 3)
    assert setup.limiter.admit(ALICE, FREE, "execution").allowed
    assert setup.limiter.admit(BOB, FREE, "hint").allowed


def test_many_threads_at_once_are_admitted_up_to_the_limit(setup: LimiterSetup) -> None:
    found: list[Decision] = []

    def use() -> None:
        for _ in range(3):
            found.append(setup.limiter.admit(ALICE, None, "hint"))

    threads = [threading.Thread(target=use, daemon=True) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert sum(one.allowed for one in found) == setup.charged() == setup.logged() == 5


def test_a_block_that_fails_is_not_paid_for(setup: LimiterSetup) -> None:
    with pytest.raises(KeyError), setup.limiter.paid(ALICE_RECORD, "hint", problem_id=7) as decision:
        assert decision.allowed
        assert setup.charged() == 1
        raise KeyError
    assert setup.charged() == setup.logged() == 0
    assert setup.limiter.counts == {"refunded": 1}
    with setup.limiter.paid(ALICE_RECORD, "hint"):
        pass
    assert setup.charged() == setup.logged() == 1


def _in_doubt() -> ConditionFailed:
    failure = ConditionFailed("the run has version 3, not 1")
    failure.in_doubt = True
    return failure


@pytest.mark.parametrize(
    ("failure", "charged"),
    [
        (OutcomeUnknown("the answer was lost"), 1),
        (_in_doubt(), 1),
        (SystemExit(1), 1),
        (ConditionFailed("the run has version 3, not 1"), 0),
        (Unavailable("nothing answers"), 0),
        (Throttled("too fast"), 0),
        (ValueError(), 0),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_block_whose_work_may_be_stored_stays_paid(
    setup: LimiterSetup, failure: BaseException, charged: int
) -> None:
    with pytest.raises(type(failure)), setup.limiter.paid(ALICE_RECORD, "hint"):
        raise failure
    assert setup.charged() == setup.logged() == charged
    assert setup.limiter.refunds_waiting == 0
    assert setup.limiter.counts == ({"charge_kept": 1} if charged else {"refunded": 1})


def test_the_last_use_is_free_again_when_its_block_fails(setup: LimiterSetup) -> None:
    admitted(setup, 2)
    for _ in range(3):
        with pytest.raises(KeyError), setup.limiter.paid(ALICE_RECORD, "hint"):
            assert not setup.limiter.admit(ALICE, FREE, "hint").allowed
            raise KeyError
    assert setup.limiter.admit(ALICE, FREE, "hint").allowed


def test_a_block_over_the_limit_is_not_entered(setup: LimiterSetup) -> None:
    admitted(setup, 3)
    with pytest.raises(NotAdmitted, match="hint") as caught, setup.limiter.paid(ALICE_RECORD, "hint"):
        pytest.fail("it was entered")
    assert caught.value.action == "hint"
    assert caught.value.decision.retry_after == 43_200
    assert setup.charged() == 3


def test_a_use_is_given_back_once_and_in_time(setup: LimiterSetup) -> None:
    decision = setup.limiter.admit(ALICE, FREE, "hint")
    late = setup.limiter.admit(ALICE, FREE, "hint").receipt
    assert late is not None
    assert setup.limiter.refund(decision)
    assert not setup.limiter.refund(decision)
    assert not setup.limiter.refund(setup.limiter.admit(ALICE, NO_HINTS, "hint"))
    setup.clock.advance(seconds=600.1)
    assert not setup.limiter.refund(late)
    assert setup.charged() == 1
    assert setup.limiter.counts == {"refunded": 1, "refund_not_charged": 1, "refund_dropped": 1}


def test_the_quota_can_be_shown_without_using_it(setup: LimiterSetup) -> None:
    with meter.recording() as recording:
        for used in range(3):
            found = setup.limiter.check(ALICE, FREE, "hint")
            assert found is not None
            assert (found.allowed, found.count, found.remaining, found.retry_after) == (
                True,
                used,
                3 - used,
                0,
            )
            assert found.reset_time - setup.clock() == timedelta(hours=12)
            assert found.receipt is None
            setup.limiter.admit_user(ALICE_RECORD, "hint")
    assert [call.read_units for call in recording.calls if call.entity == "usage_day"][::2] == [0.5] * 3
    full = setup.limiter.check(ALICE, FREE, "hint")
    assert full is not None
    assert (full.allowed, full.count, full.remaining, full.retry_after) == (False, 3, 0, 43_200)


def test_what_cannot_be_is_refused_before_any_call(setup: LimiterSetup) -> None:
    setup.limiter.check(ALICE, FREE, "hint")
    with meter.recording() as recording:
        with pytest.raises(InvalidInput, match="action 'login'"):
            setup.limiter.admit(ALICE, FREE, "login")
        with pytest.raises(InvalidInput, match="metadata"):
            setup.limiter.admit(ALICE, FREE, "hint", metadata={"text": "x" * 9_000})
        with pytest.raises(InvalidInput, match="user_id"):
            setup.limiter.admit(-1, FREE, "hint")
        with pytest.raises(InvalidInput, match="plan_id"):
            setup.limiter.admit(ALICE, "1", "hint")  # type: ignore[arg-type]
    assert recording.calls == []
