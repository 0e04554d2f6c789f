"""Which ends of a call count for the breaker, and which are outages to the caller."""

from __future__ import annotations

import pytest

from api.dynamodb import errors
from api.dynamodb.decisions import AdmissionUnknown
from api.limits.breaker import Breaker
from api.limits.gate import Gate, Outage
from tests.unit.limits.helpers import Answers, Seconds, failure, receipt


@pytest.fixture
def clock() -> Seconds:
    return Seconds()


@pytest.fixture
def breaker(clock: Seconds) -> Breaker:
    return Breaker(clock=clock)


@pytest.fixture
def gate(breaker: Breaker) -> Gate:
    return Gate(breaker)


def ask(gate: Gate, end: object, times: int = 1) -> BaseException | None:
    found: BaseException | None = None
    for _ in range(times):
        try:
            gate.ask(Answers(end).usage.admit)  # type: ignore[arg-type]
        except Exception as error:
            found = error
    return found


@pytest.mark.parametrize("kind", [errors.Unavailable, errors.OutcomeUnknown])
def test_calls_without_an_answer_count(
    gate: Gate, breaker: Breaker, kind: type[errors.DataLayerError]
) -> None:
    found = ask(gate, failure(kind), 5)
    assert isinstance(found, Outage)
    assert (found.why, type(found.cause)) == (kind.__name__, kind)
    assert breaker.state() == "open"


def test_an_unknown_admission_counts_and_keeps_its_receipt(gate: Gate, breaker: Breaker) -> None:
    found = ask(gate, AdmissionUnknown("lost", receipt=receipt()), 5)
    assert isinstance(found, Outage)
    assert found.receipt == receipt()
    assert breaker.state() == "open"


def test_an_open_breaker_makes_no_call(gate: Gate) -> None:
    ask(gate, failure(errors.Unavailable), 5)
    answers = Answers()
    with pytest.raises(Outage, match="breaker open") as caught:
        gate.ask(lambda: answers.usage.refund(receipt()))
    assert (caught.value.cause, caught.value.receipt, answers.asked) == (None, None, [])


def test_throttling_is_an_outage_to_its_caller_alone(gate: Gate, breaker: Breaker) -> None:
    found = ask(gate, failure(errors.Throttled), 20)
    assert isinstance(found, Outage)
    assert breaker.state() == "closed"


@pytest.mark.parametrize(
    "kind", [errors.ConditionFailed, errors.AccessDenied, errors.TableMissing, errors.IndexMissing]
)
def test_refusals_are_answers_and_raised_as_they_are(
    gate: Gate, breaker: Breaker, kind: type[errors.DataLayerError]
) -> None:
    assert type(ask(gate, failure(kind), 20)) is kind
    ask(gate, failure(errors.Unavailable), 4)
    ask(gate, failure(kind))
    ask(gate, failure(errors.Unavailable), 4)
    assert breaker.state() == "closed"


@pytest.mark.parametrize("end", [failure(errors.InvalidInput), failure(errors.RefundTooLate), KeyError()])
def test_what_made_no_call_does_not_count(
    gate: Gate, breaker: Breaker, clock: Seconds, end: Exception
) -> None:
    assert ask(gate, end, 20) is end
    ask(gate, failure(errors.Unavailable), 4)
    ask(gate, end)
    ask(gate, failure(errors.Unavailable))
    assert breaker.state() == "open"
    clock.advance(5)
    assert ask(gate, end) is end
    assert breaker.state() == "half-open"
    assert ask(gate, "an answer") is None
    assert breaker.state() == "closed"


def test_an_answer_from_memory_is_no_sign_of_life(gate: Gate, breaker: Breaker, clock: Seconds) -> None:
    ask(gate, failure(errors.Unavailable), 5)
    clock.advance(5)
    assert gate.ask(lambda: "known", lambda answer: False) == "known"
    assert breaker.state() == "half-open"
    assert gate.ask(lambda: "told", lambda answer: True) == "told"
    assert breaker.state() == "closed"
