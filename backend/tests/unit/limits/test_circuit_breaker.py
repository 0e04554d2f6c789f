"""The circuit breaker: five failures in a row open it, one probe closes it, everybody else is answered at once."""

from __future__ import annotations

import threading

import pytest

from api.limits.circuit_breaker import BreakerState, CallPermit, CircuitBreaker
from tests.unit.limits.helpers import Seconds


@pytest.fixture
def clock() -> Seconds:
    return Seconds()


@pytest.fixture
def states() -> list[BreakerState]:
    return []


@pytest.fixture
def breaker(clock: Seconds, states: list[BreakerState]) -> CircuitBreaker:
    return CircuitBreaker(clock=clock, on_change=states.append)


def passes(breaker: CircuitBreaker) -> CallPermit:
    permit = breaker.enter()
    assert permit is not None
    return permit


def fail(breaker: CircuitBreaker, times: int = 1) -> None:
    for _ in range(times):
        breaker.failed(passes(breaker))


def test_five_failures_in_a_row_open_it(breaker: CircuitBreaker, states: list[BreakerState]) -> None:
    fail(breaker, 4)
    assert breaker.state() == "closed"
    fail(breaker)
    assert breaker.enter() is None
    assert states == ["open"]


def test_an_answer_between_failures_starts_the_count_anew(breaker: CircuitBreaker) -> None:
    fail(breaker, 4)
    breaker.succeeded(passes(breaker))
    fail(breaker, 4)
    assert breaker.state() == "closed"


def test_a_call_that_was_not_made_neither_counts_nor_starts_the_count_anew(breaker: CircuitBreaker) -> None:
    fail(breaker, 4)
    breaker.cancelled(passes(breaker))
    assert breaker.state() == "closed"
    fail(breaker)
    assert breaker.enter() is None


def test_it_stays_open_for_five_seconds_then_lets_one_pass(
    breaker: CircuitBreaker, clock: Seconds, states: list[BreakerState]
) -> None:
    fail(breaker, 5)
    clock.advance(4.999)
    assert breaker.enter() is None
    clock.advance(0.001)
    probe = passes(breaker)
    assert breaker.enter() is None
    breaker.succeeded(probe)
    assert states == ["open", "half-open", "closed"]
    passes(breaker)
    passes(breaker)


def test_a_probe_that_fails_opens_it_again_for_as_long(
    breaker: CircuitBreaker, clock: Seconds, states: list[BreakerState]
) -> None:
    fail(breaker, 5)
    clock.advance(5)
    fail(breaker)
    clock.advance(4.999)
    assert breaker.enter() is None
    clock.advance(0.001)
    passes(breaker)
    assert states == ["open", "half-open", "open", "half-open"]


def test_a_probe_that_never_reports_is_given_up(
    breaker: CircuitBreaker, clock: Seconds, states: list[BreakerState]
) -> None:
    fail(breaker, 5)
    clock.advance(5)
    lost = passes(breaker)
    clock.advance(4.999)
    assert breaker.enter() is None
    clock.advance(0.001)
    second = passes(breaker)
    assert breaker.enter() is None
    breaker.failed(lost)
    assert breaker.state() == "half-open"
    breaker.succeeded(second)
    assert states == ["open", "half-open", "closed"]


def test_the_place_of_a_probe_that_made_no_call_is_free_at_once(
    breaker: CircuitBreaker, clock: Seconds, states: list[BreakerState]
) -> None:
    fail(breaker, 5)
    clock.advance(5)
    breaker.cancelled(passes(breaker))
    breaker.succeeded(passes(breaker))
    assert states == ["open", "half-open", "closed"]


def test_calls_that_began_before_it_opened_count_no_more(breaker: CircuitBreaker, clock: Seconds) -> None:
    early = [passes(breaker) for _ in range(3)]
    fail(breaker, 5)
    breaker.succeeded(early[0])
    assert breaker.state() == "open"
    clock.advance(5)
    probe = passes(breaker)
    breaker.failed(early[1])
    breaker.cancelled(early[2])
    assert breaker.enter() is None
    breaker.succeeded(probe)
    assert breaker.state() == "closed"


def test_it_says_when_to_come_again_in_whole_seconds(breaker: CircuitBreaker, clock: Seconds) -> None:
    assert breaker.retry_after() == 1
    fail(breaker, 5)
    assert breaker.retry_after() == 5
    clock.advance(0.5)
    assert breaker.retry_after() == 5
    clock.advance(4)
    assert breaker.retry_after() == 1
    clock.advance(60)
    assert breaker.retry_after() == 1


def test_of_many_threads_at_once_one_is_the_probe(clock: Seconds) -> None:
    for _ in range(20):
        breaker = CircuitBreaker(clock=clock)
        fail(breaker, 5)
        clock.advance(5)
        start = threading.Barrier(16, timeout=120)
        found: list[CallPermit | None] = []

        def come(
            breaker: CircuitBreaker = breaker,
            start: threading.Barrier = start,
            found: list[CallPermit | None] = found,
        ) -> None:
            start.wait()
            found.append(breaker.enter())

        threads = [threading.Thread(target=come, daemon=True) for _ in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(120)
        assert sum(permit is not None for permit in found) == 1


def test_failures_of_many_threads_open_it_once(clock: Seconds, states: list[BreakerState]) -> None:
    breaker = CircuitBreaker(clock=clock, on_change=states.append)
    tickets = [passes(breaker) for _ in range(16)]
    threads = [threading.Thread(target=breaker.failed, args=(permit,), daemon=True) for permit in tickets]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert states == ["open"]
