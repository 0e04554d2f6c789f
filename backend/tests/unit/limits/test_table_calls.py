"""Which ends of a call count for the breaker, and which are outages to the caller."""

from __future__ import annotations

import pytest

from api.dynamodb import errors
from api.dynamodb.usage_limits.decisions import AdmissionUnknown
from api.limits.circuit_breaker import CircuitBreaker
from api.limits.table_calls import TableCalls, TableOutage
from tests.unit.limits.helpers import Answers, Seconds, failure, receipt


@pytest.fixture
def clock() -> Seconds:
    return Seconds()


@pytest.fixture
def breaker(clock: Seconds) -> CircuitBreaker:
    return CircuitBreaker(clock=clock)


@pytest.fixture
def calls(breaker: CircuitBreaker) -> TableCalls:
    return TableCalls(breaker)


def run(calls: TableCalls, outcome: object, times: int = 1) -> BaseException | None:
    found: BaseException | None = None
    for _ in range(times):
        try:
            calls.run(Answers(outcome).usage.admit)  # type: ignore[arg-type]
        except Exception as error:
            found = error
    return found


@pytest.mark.parametrize("kind", [errors.Unavailable, errors.OutcomeUnknown])
def test_calls_without_an_answer_count(
    calls: TableCalls, breaker: CircuitBreaker, kind: type[errors.DataLayerError]
) -> None:
    found = run(calls, failure(kind), 5)
    assert isinstance(found, TableOutage)
    assert (found.reason, type(found.cause)) == (kind.__name__, kind)
    assert breaker.state() == "open"


def test_an_unknown_admission_counts_and_keeps_its_receipt(
    calls: TableCalls, breaker: CircuitBreaker
) -> None:
    found = run(calls, AdmissionUnknown("lost", receipt=receipt()), 5)
    assert isinstance(found, TableOutage)
    assert found.receipt == receipt()
    assert breaker.state() == "open"


def test_an_open_breaker_makes_no_call(calls: TableCalls) -> None:
    run(calls, failure(errors.Unavailable), 5)
    answers = Answers()
    with pytest.raises(TableOutage, match="breaker open") as caught:
        calls.run(lambda: answers.usage.refund(receipt()))
    assert (caught.value.cause, caught.value.receipt, answers.calls) == (None, None, [])


def test_throttling_is_an_outage_to_its_caller_alone(calls: TableCalls, breaker: CircuitBreaker) -> None:
    found = run(calls, failure(errors.Throttled), 20)
    assert isinstance(found, TableOutage)
    assert breaker.state() == "closed"


@pytest.mark.parametrize(
    "kind", [errors.ConditionFailed, errors.AccessDenied, errors.TableMissing, errors.IndexMissing]
)
def test_refusals_are_answers_and_raised_as_they_are(
    calls: TableCalls, breaker: CircuitBreaker, kind: type[errors.DataLayerError]
) -> None:
    assert type(run(calls, failure(kind), 20)) is kind
    run(calls, failure(errors.Unavailable), 4)
    run(calls, failure(kind))
    run(calls, failure(errors.Unavailable), 4)
    assert breaker.state() == "closed"


@pytest.mark.parametrize("outcome", [failure(errors.InvalidInput), failure(errors.RefundTooLate), KeyError()])
def test_what_made_no_call_does_not_count(
    calls: TableCalls, breaker: CircuitBreaker, clock: Seconds, outcome: Exception
) -> None:
    assert run(calls, outcome, 20) is outcome
    run(calls, failure(errors.Unavailable), 4)
    run(calls, outcome)
    run(calls, failure(errors.Unavailable))
    assert breaker.state() == "open"
    clock.advance(5)
    assert run(calls, outcome) is outcome
    assert breaker.state() == "half-open"
    assert run(calls, "an answer") is None
    assert breaker.state() == "closed"


def test_an_answer_from_memory_is_no_sign_of_life(
    calls: TableCalls, breaker: CircuitBreaker, clock: Seconds
) -> None:
    run(calls, failure(errors.Unavailable), 5)
    clock.advance(5)
    assert calls.run(lambda: "known", lambda answer: False) == "known"
    assert breaker.state() == "half-open"
    assert calls.run(lambda: "told", lambda answer: True) == "told"
    assert breaker.state() == "closed"
