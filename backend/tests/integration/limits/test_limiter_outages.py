"""The table cannot be asked: each action's policy decides, the log tells, and it is over without a restart."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from api.dynamodb.errors import AccessDenied, Throttled, Unavailable
from api.dynamodb.metering import meter
from api.dynamodb.transport import factory
from api.dynamodb.transport.retry import SERVICE_POLICY
from api.dynamodb.usage_limits.decisions import AdmissionUnknown, Decision
from api.limits import LimiterUnavailable, RateLimiter
from engines.processes import free_port
from tests.integration.limits.conftest import FREE, MISSING, NO_HINTS, PRO, LimiterSetup, Seconds
from tests.integration.repositories.conftest import ALICE, BOB
from tests.support.fault_proxy import Fault

pytestmark = pytest.mark.any_engine

Make = Callable[[Seconds], RateLimiter]


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A server that accepts connections and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as server:
        yield server.getsockname()[1]


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch, fresh_ways: None) -> None:
    """Calls give up after hundredths of a second, so that tests of silence need not wait."""
    monkeypatch.setattr(factory, "SERVICE_POLICY", replace(SERVICE_POLICY, read_timeout=0.02, total=0.2))


def refused(limiter: RateLimiter, action: str = "hint", plan: int | None = None) -> LimiterUnavailable:
    with pytest.raises(LimiterUnavailable) as caught:
        limiter.admit(ALICE, plan, action)
    return caught.value


def opened(setup: LimiterSetup) -> None:
    """Five failures later."""
    setup.limiter.check(ALICE, FREE, "hint")
    setup.fail_calls()
    for _ in range(5):
        refused(setup.limiter, plan=FREE)
    assert setup.limiter.counts["breaker_open"] == 1


def test_a_dead_port_refuses_hints_and_shares_executions(
    use_settings: Callable[..., None], new_limiter: Make, fresh_ways: None
) -> None:
    use_settings(LOCALSTACK_URL=f"http://127.0.0.1:{free_port()}", DYNAMODB_TABLE="t")
    limiter = new_limiter(Seconds())
    error = refused(limiter)
    assert isinstance(error.__cause__, Unavailable)
    assert error.retry_after == 1
    for used in range(1, 6):
        decision = limiter.admit(ALICE, None, "execution")
        assert (decision.allowed, decision.source, decision.receipt) == (True, "local", None)
        assert (decision.count, decision.limit, decision.remaining) == (used, 5, 5 - used)
    assert refused(limiter, "execution").retry_after == 5
    assert limiter.admit(BOB, None, "execution").allowed
    assert limiter.counts == {"refused": 2, "allowed_locally": 6, "breaker_open": 1}
    assert limiter.refunds_waiting == 0


def test_a_silent_port_refuses_hints_and_shares_executions(
    silent_port: int, use_settings: Callable[..., None], new_limiter: Make, hasty: None
) -> None:
    use_settings(LOCALSTACK_URL=f"http://127.0.0.1:{silent_port}", DYNAMODB_TABLE="t")
    limiter = new_limiter(Seconds())
    assert isinstance(refused(limiter).__cause__, AdmissionUnknown)
    decisions = [limiter.admit(ALICE, None, "execution") for _ in range(5)]
    assert [one.source for one in decisions] == ["local"] * 5
    assert [one.receipt is not None for one in decisions] == [True] * 4 + [False]
    assert refused(limiter, "execution").retry_after == 5
    assert limiter.check(ALICE, None, "hint") is None
    assert limiter.counts == {
        "admission_unknown": 5, "refused": 2, "allowed_locally": 5, "breaker_open": 1, "refund_later": 1,
        "quota_not_read": 1,
    }  # fmt: skip


def test_after_five_failures_no_call_is_made(setup: LimiterSetup) -> None:
    opened(setup)
    with meter.recording() as recording:
        for _ in range(20):
            assert refused(setup.limiter, plan=FREE).retry_after == 5
        assert setup.limiter.admit(ALICE, FREE, "execution").source == "local"
        assert setup.limiter.admit(ALICE, MISSING, "execution").source == "local"
        assert setup.limiter.check(ALICE, FREE, "hint") is None
    assert recording.calls == []
    setup.seconds.advance(4.5)
    with meter.recording() as recording:
        assert refused(setup.limiter, plan=FREE).retry_after == 1
    assert recording.calls == []


def test_four_failures_are_not_five(setup: LimiterSetup) -> None:
    setup.limiter.check(ALICE, FREE, "hint")
    setup.fail_calls()
    for _ in range(4):
        refused(setup.limiter, plan=FREE)
    setup.recover()
    assert setup.limiter.admit(ALICE, FREE, "hint").allowed
    assert "breaker_open" not in setup.limiter.counts


def test_it_recovers_without_a_restart(setup: LimiterSetup) -> None:
    opened(setup)
    setup.recover()
    refused(setup.limiter, plan=FREE)
    setup.seconds.advance(5)
    assert setup.limiter.admit(ALICE, FREE, "hint").source == "table"
    assert setup.limiter.admit(ALICE, FREE, "hint").count == 2
    counts = setup.limiter.counts
    assert (counts["breaker_half_open"], counts["breaker_closed"]) == (1, 1)


def test_a_probe_that_fails_keeps_it_open(setup: LimiterSetup) -> None:
    opened(setup)
    setup.seconds.advance(5)
    with meter.recording() as recording:
        for _ in range(10):
            assert refused(setup.limiter, plan=FREE).retry_after == 5
    assert len(recording.calls) == 1
    assert setup.limiter.counts["breaker_open"] == 2


def test_of_many_threads_exactly_one_probes(setup: LimiterSetup) -> None:
    opened(setup)
    setup.seconds.advance(5)
    asked, others_done = threading.Event(), threading.Event()

    def hold(_: Any) -> None:
        asked.set()
        others_done.wait(30)

    setup.recover()
    setup.proxy.answered = hold
    before = len(setup.proxy.calls)
    found: list[Decision] = []
    probe = threading.Thread(target=lambda: found.append(setup.limiter.admit(BOB, None, "hint")), daemon=True)
    probe.start()
    assert asked.wait(30)
    threads = [threading.Thread(target=refused, args=(setup.limiter,), daemon=True) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert len(setup.proxy.calls) == before + 1
    assert setup.limiter.counts["refused"] == 5 + 12
    others_done.set()
    probe.join(120)
    assert [one.allowed for one in found] == [True]
    assert setup.limiter.admit(ALICE, None, "hint").allowed


def test_one_request_makes_no_second_call_after_one_that_failed(setup: LimiterSetup) -> None:
    setup.fail_calls()
    with meter.recording() as recording:
        refused(setup.limiter, plan=FREE)
        setup.limiter.admit(ALICE, PRO, "execution")
    assert recording.operations == ["GetItem", "GetItem"]
    assert setup.limiter.counts["plan_not_read"] == 2


def test_a_plan_known_before_holds_in_an_outage(setup: LimiterSetup) -> None:
    setup.limiter.check(ALICE, PRO, "hint")
    setup.limiter.check(ALICE, NO_HINTS, "hint")
    setup.fail_calls()
    setup.seconds.advance(3600)
    for _ in range(10):
        assert setup.limiter.admit(ALICE, PRO, "execution").limit in (100, 20)
    assert not setup.limiter.admit(ALICE, NO_HINTS, "hint").allowed


def test_the_share_of_a_large_plan_has_its_limit_a_minute(setup: LimiterSetup) -> None:
    setup.limiter.check(ALICE, PRO, "hint")
    setup.fail_calls()
    decisions = [setup.limiter.admit(ALICE, PRO, "execution") for _ in range(20)]
    assert all(one.allowed for one in decisions)
    refused(setup.limiter, "execution", PRO)
    setup.clock.advance(seconds=60)
    assert setup.limiter.admit(ALICE, PRO, "execution").count == 1  # of this minute


def test_who_had_used_everything_up_is_denied_in_an_outage_too(setup: LimiterSetup) -> None:
    setup.plans.update_plan(NO_HINTS, {"max_hints_per_day": 1})
    for action, uses in (("hint", 2), ("execution", 11)):
        for _ in range(uses):
            last = setup.limiter.admit(ALICE, NO_HINTS, action)
        assert not last.allowed
    setup.fail_calls()
    for _ in range(5):
        setup.limiter.check(ALICE, NO_HINTS, "hint")
    with meter.recording() as recording:
        for action in ("hint", "execution"):
            found = setup.limiter.admit(ALICE, NO_HINTS, action)
            assert (found.allowed, found.source, found.retry_after) == (False, "memory", 43_200)
    assert recording.calls == []
    assert setup.limiter.counts["denied_by_memory"] == 2


def test_throttling_is_decided_by_the_policy_and_never_opens_the_breaker(setup: LimiterSetup) -> None:
    setup.limiter.check(ALICE, FREE, "hint")
    setup.fail_calls(Fault.THROTTLE, "UpdateItem")
    for _ in range(6):
        error = refused(setup.limiter, plan=FREE)
        assert isinstance(error.__cause__, Throttled)
    assert setup.limiter.admit(ALICE, FREE, "execution").source == "local"
    assert "breaker_open" not in setup.limiter.counts
    setup.recover()
    assert setup.limiter.admit(ALICE, FREE, "hint").count == 1


def test_a_misconfiguration_is_raised_as_it_is(setup: LimiterSetup) -> None:
    setup.limiter.check(ALICE, FREE, "hint")
    setup.fail_calls(Fault.DENY)
    for _ in range(6):
        with pytest.raises(AccessDenied):
            setup.limiter.admit(ALICE, FREE, "execution")
    assert setup.limiter.counts == {}


def test_every_decision_without_the_table_is_one_line_of_the_log(
    setup: LimiterSetup, caplog: pytest.LogCaptureFixture
) -> None:
    setup.limiter.check(ALICE, FREE, "hint")
    setup.fail_calls()
    with caplog.at_level(logging.INFO, "algoitny.limits"):
        refused(setup.limiter, plan=FREE)
        setup.limiter.admit(ALICE, FREE, "execution")
    lines = [line.fields for line in caplog.records if line.name == "algoitny.limits"]  # type: ignore[attr-defined]
    about = {"user_id": ALICE, "cause": "AdmissionUnknown"}
    assert [
        {name: value for name, value in line.items() if name not in ("use_id", "day")} for line in lines
    ] == [
        {"event": "admission_unknown", "action": "hint", **about},
        {"event": "refund_later", "user_id": ALICE, "action": "hint", "unknown": True},
        {"event": "refused", "action": "hint", "retry_after": 1, **about},
        {"event": "admission_unknown", "action": "execution", **about},
        {"event": "allowed_locally", "action": "execution", "count": 1, "allowance": 5, **about},
    ]  # fmt: skip
